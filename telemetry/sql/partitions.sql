-- name: list_partitions
-- The partitions of the reading tables with their table, and the tables that were partitions: of
-- the same columns, named alike, and attached to nothing.
SELECT parent.relname, child.relname, inherits.inhrelid IS NOT NULL,
    coalesce(inherits.inhdetachpending, false),
    coalesce(obj_description(child.oid, 'pg_class') = 'Pulseboard drops it', false)
FROM pg_class AS child
JOIN pg_class AS parent ON parent.oid = ANY (ARRAY['reading'::regclass, 'text_reading'::regclass])
    AND child.relname ~ ('^' || parent.relname || '_[0-9]{8}(_[0-9]+)?$')
LEFT JOIN pg_inherits AS inherits
    ON inherits.inhrelid = child.oid AND inherits.inhparent = parent.oid
WHERE child.relkind = 'r' AND child.relnamespace = parent.relnamespace

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
-- Lets one caller at a time make partitions; released at the end of the transaction.
SELECT pg_advisory_xact_lock(%(key)s)

-- name: limit_lock_wait
-- Gives up a wait for a table lock after this long, for the rest of the transaction.
SELECT set_config('lock_timeout', %(timeout)s, true)

-- name: limit_session_lock_wait
-- Gives up a wait for a table lock after this long, until this is set anew.
SELECT set_config('lock_timeout', %(timeout)s, false)

-- name: find_reader
-- The session that has used some tables in one transaction for longest.
SELECT activity.pid, activity.application_name, activity.xact_start AT TIME ZONE 'UTC'
FROM pg_locks AS held
JOIN pg_stat_activity AS activity ON activity.pid = held.pid
WHERE held.relation::regclass::text = ANY (%(relations)s::text[])
    AND held.granted AND held.pid <> pg_backend_pid()
ORDER BY activity.xact_start
LIMIT 1
