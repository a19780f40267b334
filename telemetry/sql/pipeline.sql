-- name: estimate_readings
-- How many readings are kept, by the statistics Postgres has: counting them would read them all.
SELECT coalesce(sum(greatest(live.n_live_tup, part.reltuples::bigint)), 0)::bigint
FROM pg_inherits
JOIN pg_class AS part ON part.oid = pg_inherits.inhrelid
JOIN pg_stat_user_tables AS live ON live.relid = part.oid
WHERE pg_inherits.inhparent = ANY (ARRAY['reading'::regclass, 'text_reading'::regclass])
