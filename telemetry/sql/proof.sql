-- name: fetch_ledger
-- Every stored reading of some series, for the comparison with what was sent.
SELECT asked.id, one.value
FROM unnest(%(series)s::int[]) AS asked (id)
CROSS JOIN LATERAL numbers_between(asked.id, '-infinity', 'infinity') AS one

-- name: is_stored_since
-- Whether a reading at or after a moment is stored.
SELECT EXISTS (
    SELECT FROM unnest(%(series)s::int[]) AS asked (id)
    CROSS JOIN LATERAL numbers_between(asked.id, %(start)s, 'infinity')
)

-- name: is_name_held
-- Whether a worker has its name: it said so lately enough.
SELECT EXISTS (SELECT FROM ingest_lease WHERE name = %(worker)s AND expires_at > now())

-- name: fetch_quarantined_heads
-- The beginning of each payload quarantined since a moment.
SELECT substring(payload FROM 1 FOR 100) FROM telemetry_quarantinedmessage
WHERE received_at >= %(start)s

-- name: cut_connections
-- End every other session of this database, as an administrator would.
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
AND backend_type = 'client backend'
