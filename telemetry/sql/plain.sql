-- name: wait_for_turn
-- Lets nobody roll up until the transaction ends.
SELECT pg_advisory_xact_lock(%(key)s)

-- name: end_bases
-- What is dropped now is in the summaries: nothing before a moment has a base of its own any more.
DELETE FROM rollup_base WHERE bucket < %(cutoff)s

-- name: mark_whole
-- The same: the summaries are the bases of what comes next.
UPDATE rollup_1m SET since_drop = false WHERE bucket < %(cutoff)s AND since_drop

-- name: estimate_readings
-- How many readings are kept, by the statistics Postgres has: counting them would read them all.
SELECT (
    SELECT coalesce(sum(greatest(live.n_live_tup, part.reltuples::bigint)), 0)
    FROM pg_class AS part
    JOIN pg_stat_user_tables AS live ON live.relid = part.oid
    LEFT JOIN pg_inherits ON pg_inherits.inhrelid = part.oid
    WHERE pg_inherits.inhparent = ANY (ARRAY['reading'::regclass, 'text_reading'::regclass])
        OR part.oid = ANY (ARRAY['late_reading'::regclass, 'late_text_reading'::regclass])
)::bigint + (SELECT coalesce(sum(readings), 0) FROM packed_day)::bigint
