-- name: take_turn
-- True for the one caller that may roll up until its transaction ends.
SELECT pg_try_advisory_xact_lock(%(key)s)

-- name: take_dirty_minutes
-- Takes the oldest closed dirty minutes off the list, each at most once for each batch that wrote it.
DELETE FROM rollup_dirty
WHERE minute IN (
    SELECT DISTINCT minute FROM rollup_dirty
    WHERE minute < %(closed)s
    ORDER BY minute
    LIMIT %(limit)s
)
RETURNING minute

-- name: roll_up_minutes
-- Recomputes rollup_1m for ranges of whole minutes, for all series that have readings in them.
INSERT INTO rollup_1m AS kept (series_id, bucket, count, sum, min, max, first, last)
SELECT series_id, bucket, count(*), sum(least(greatest(value, -1e290), 1e290)),
    min(value), max(value),
    (array_agg(value ORDER BY time))[1],
    (array_agg(value ORDER BY time))[count(*)]
FROM (
    SELECT reading.series_id, date_bin('1 minute', reading.time, '1970-01-01Z') AS bucket,
        reading.time, reading.value
    FROM unnest(%(starts)s::timestamptz[], %(stops)s::timestamptz[]) AS span (start, stop)
    JOIN reading ON reading.time >= span.start AND reading.time < span.stop
) AS source
GROUP BY series_id, bucket
ON CONFLICT (series_id, bucket) DO UPDATE SET
    count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max,
    first = excluded.first, last = excluded.last
WHERE excluded.count > kept.count

-- name: roll_up_hours
-- Recomputes rollup_1h for whole hours from rollup_1m.
INSERT INTO rollup_1h AS kept (series_id, bucket, count, sum, min, max, first, last)
SELECT fine.series_id, span.start, sum(fine.count), sum(fine.sum), min(fine.min), max(fine.max),
    (array_agg(fine.first ORDER BY fine.bucket))[1],
    (array_agg(fine.last ORDER BY fine.bucket))[count(*)]
FROM unnest(%(starts)s::timestamptz[]) AS span (start)
JOIN rollup_1m AS fine
    ON fine.bucket >= span.start AND fine.bucket < span.start + interval '1 hour'
GROUP BY fine.series_id, span.start
ON CONFLICT (series_id, bucket) DO UPDATE SET
    count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max,
    first = excluded.first, last = excluded.last
WHERE excluded.count > kept.count

-- name: roll_up_days
-- Recomputes rollup_1d for whole days (UTC) from rollup_1h.
INSERT INTO rollup_1d AS kept (series_id, bucket, count, sum, min, max, first, last)
SELECT fine.series_id, span.start, sum(fine.count), sum(fine.sum), min(fine.min), max(fine.max),
    (array_agg(fine.first ORDER BY fine.bucket))[1],
    (array_agg(fine.last ORDER BY fine.bucket))[count(*)]
FROM unnest(%(starts)s::timestamptz[]) AS span (start)
JOIN rollup_1h AS fine
    ON fine.bucket >= span.start AND fine.bucket < span.start + interval '1 day'
GROUP BY fine.series_id, span.start
ON CONFLICT (series_id, bucket) DO UPDATE SET
    count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max,
    first = excluded.first, last = excluded.last
WHERE excluded.count > kept.count
