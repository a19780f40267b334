-- name: fetch_mark
-- What is another one with each correction that is made or undone.
SELECT corrections FROM retention_state

-- name: list_closed
-- The ranges [start, stop) that are closed to readings, in Unix microseconds, by series; with the
-- mark of their state.
SELECT state.corrections, closed.series_id, closed.start, closed.stop
FROM retention_state AS state
LEFT JOIN (
    SELECT series_id, (extract(epoch FROM starts_at) * 1e6)::bigint AS start,
        (extract(epoch FROM ends_at) * 1e6)::bigint AS stop
    FROM telemetry_correction
    WHERE undone_at IS NULL AND whole_id IS NULL
) AS closed ON true

-- name: change_mark
-- Has every writer learn anew which ranges are closed; retention removes nothing until the
-- transaction ends.
UPDATE retention_state SET corrections = gen_random_uuid()

-- name: begin_correction
-- Begins a transaction that corrects readings: it waits for the batches that are being stored, and
-- lets none begin until it ends.
SELECT set_config('synchronous_commit', 'on', true),
    set_config('statement_timeout', %(timeout)s, true), pg_advisory_xact_lock(%(key)s)
