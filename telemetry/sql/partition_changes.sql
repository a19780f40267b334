-- name: create_partition
-- A table like its parent. Rows only come in: to vacuum for each fifth of them would cost as much as
-- writing them, and `freeze` does it once.
CREATE TABLE {partition} (LIKE {table} INCLUDING ALL)
WITH (autovacuum_vacuum_insert_threshold = -1)

-- name: attach_partition
-- Makes it the partition of [start, stop).
ALTER TABLE {table} ATTACH PARTITION {partition} FOR VALUES FROM ({start}) TO ({stop})

-- name: doom_partition
-- Marks a partition as one that is to be dropped, whatever happens in between.
COMMENT ON TABLE {partition} IS 'Pulseboard drops it'

-- name: detach_partition
-- Takes a partition out of its table, once nobody reads it; in no transaction.
ALTER TABLE {table} DETACH PARTITION {partition} CONCURRENTLY

-- name: finish_detaching
-- Goes on where `detach_partition` was given up.
ALTER TABLE {table} DETACH PARTITION {partition} FINALIZE

-- name: drop_table
-- Drops what is no partition any more.
DROP TABLE {partition}

-- name: guard_partition
-- Has a partition refuse rows from the commit on. It waits for who writes into it, for no reader.
CREATE OR REPLACE TRIGGER refuse_packed_day BEFORE INSERT ON {partition}
FOR EACH ROW EXECUTE FUNCTION refuse_packed_day()

-- name: enable_guard
-- The same where the trigger was there, disabled.
ALTER TABLE {partition} ENABLE TRIGGER refuse_packed_day

-- name: disable_guard
-- Has a partition take rows again.
ALTER TABLE {partition} DISABLE TRIGGER refuse_packed_day
