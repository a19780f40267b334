-- name: list_partitions
-- The partitions of the reading tables that exist, with the table each belongs to.
SELECT parent.relname AS parent, child.relname AS partition
FROM pg_inherits
JOIN pg_class AS parent ON parent.oid = pg_inherits.inhparent
JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
WHERE parent.oid = ANY (ARRAY['reading'::regclass, 'text_reading'::regclass])
ORDER BY parent, partition

-- name: list_unfrozen
-- The partitions that nobody has vacuumed yet, with the table each belongs to. Statistics that are
-- lost in a crash only cost a vacuum that finds nothing to do.
SELECT parent.relname AS parent, child.relname AS partition
FROM pg_inherits
JOIN pg_class AS parent ON parent.oid = pg_inherits.inhparent
JOIN pg_stat_user_tables AS child ON child.relid = pg_inherits.inhrelid
WHERE parent.oid = ANY (ARRAY['reading'::regclass, 'text_reading'::regclass])
    AND child.last_vacuum IS NULL
ORDER BY parent, partition

-- name: lock_partitions
-- Lets one caller at a time change the set of partitions; released at the end of the transaction.
SELECT pg_advisory_xact_lock(%(key)s)

-- name: limit_lock_wait
-- Gives up a wait for a table lock after this long, for the rest of the transaction.
SELECT set_config('lock_timeout', %(timeout)s, true)
