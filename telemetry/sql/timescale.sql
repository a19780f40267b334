-- name: refresh_rollup
-- Recomputes what changed of a rollup's whole buckets in [start, stop). At once: from 2.28 on it would
-- go ten buckets at a time, each a transaction, also where nothing changed.
CALL refresh_continuous_aggregate(
    %(rollup)s, %(start)s::timestamptz, %(stop)s::timestamptz,
    options => '{"buckets_per_batch": 0}'
)

-- name: find_full_gaps
-- Those of some gaps within [start, stop) that have so many readings at least.
SELECT gap.start
FROM unnest(%(starts)s::timestamptz[], %(stops)s::timestamptz[]) AS gap (start, stop)
WHERE (
    SELECT count(*) FROM (
        SELECT FROM reading
        WHERE time >= gap.start AND time < gap.stop
            AND time >= %(start)s::timestamptz AND time < %(stop)s::timestamptz
        LIMIT %(least)s::int
    ) AS within
) >= %(least)s::int

-- name: drop_chunks
-- Drops the chunks of a hypertable or a rollup that end at or before a moment.
SELECT drop_chunks(%(table)s, older_than => %(cutoff)s::timestamptz)

-- name: raise_floor
-- Notes that what is before a moment may be gone.
UPDATE retention_state SET raw_floor = greatest(raw_floor, %(cutoff)s)

-- name: list_chunks
-- The chunks of some hypertables and rollups, with the hypertable that holds each; the oldest first.
SELECT format('%%I.%%I', chunk.chunk_schema, chunk.chunk_name),
    chunk.hypertable_schema, chunk.hypertable_name, chunk.primary_dimension,
    chunk.range_start, chunk.range_end, chunk.is_compressed
FROM timescaledb_information.chunks AS chunk
LEFT JOIN timescaledb_information.continuous_aggregates AS rollup
    ON rollup.materialization_hypertable_schema = chunk.hypertable_schema
    AND rollup.materialization_hypertable_name = chunk.hypertable_name
WHERE coalesce(rollup.view_schema, chunk.hypertable_schema) = current_schema()
    AND coalesce(rollup.view_name, chunk.hypertable_name) = ANY (%(tables)s)
ORDER BY chunk.range_start, chunk.hypertable_name

-- name: compress_chunk
-- Compresses a chunk, or what came late into one that is compressed.
SELECT compress_chunk(%(chunk)s::regclass, if_not_compressed => true)

-- name: lift_decompression_limit
-- Lets a DELETE of this transaction touch any number of compressed rows.
SELECT set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true)

-- name: estimate_hypertable_rows
-- How many readings are kept, by the statistics, compressed ones included.
SELECT approximate_row_count('reading') + approximate_row_count('text_reading')
