-- name: is_timescale
-- Whether the readings are in a hypertable; the plain table is a partitioned one, of kind p.
SELECT relkind = 'r' FROM pg_class WHERE oid = 'reading'::regclass

-- name: fetch_now
-- The database's clock.
SELECT now()
