-- name: check_role
-- What the database role may not do that ingest needs.
SELECT current_user,
    ARRAY(
        SELECT needed.name FROM unnest(ARRAY[
            'reading', 'text_reading', 'late_reading', 'late_text_reading', 'commit_log',
            'ingest_delivery', 'ingest_lease', 'telemetry_quarantinedmessage', 'telemetry_series',
            'telemetry_ingestworker', 'telemetry_pipelineminute', 'devices_presence',
            'telemetry_correction', 'retention_state', 'packed_day', 'reading_pack', 'text_pack'
        ]) AS needed (name)
        WHERE NOT has_table_privilege(needed.name, 'SELECT')
            -- What is closed by corrections, and what is packed, is only read.
            OR needed.name NOT IN (
                'telemetry_correction', 'retention_state', 'packed_day', 'reading_pack', 'text_pack'
            ) AND NOT has_table_privilege(needed.name, 'INSERT')
    )
