-- name: begin_batch
-- Begins a transaction that stores a batch. Acknowledged means durable, also on a server whose default
-- was relaxed; and a limit that was set for pages must not cancel a batch. No correction is made
-- until it ends.
SELECT set_config('synchronous_commit', 'on', true),
    set_config('statement_timeout', %(timeout)s, true), pg_advisory_xact_lock_shared(%(key)s)

-- name: begin_leased_batch
-- The same for a worker with a lease: no row when its name is not its owner's; until the end of the
-- transaction nobody else takes it. One statement: each costs every batch a trip to the server.
SELECT set_config('synchronous_commit', 'on', true),
    set_config('statement_timeout', %(timeout)s, true), pg_advisory_xact_lock_shared(%(key)s)
FROM ingest_lease
WHERE name = %(name)s AND owner = %(owner)s
FOR SHARE

-- name: note_deliveries
-- Notes what the broker may send again of these messages, and what became of them.
INSERT INTO ingest_delivery (worker, process, serial, deliveries)
VALUES (%(worker)s, %(process)s, %(serial)s, %(deliveries)s)
