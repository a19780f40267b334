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
-- Recomputes rollup_1m for the whole minutes of [start, stop), for all series with readings there.
INSERT INTO rollup_1m AS kept (series_id, bucket, count, sum, min, max, first, last)
SELECT series_id, bucket, count(*), sum(least(greatest(value, -1e290), 1e290)),
    min(value), max(value),
    (array_agg(value ORDER BY time))[1],
    (array_agg(value ORDER BY time))[count(*)]
FROM (
    SELECT series_id, date_bin('1 minute', time, '1970-01-01Z') AS bucket, time, value
    FROM reading
    WHERE time >= %(start)s AND time < %(stop)s
) AS source
GROUP BY series_id, bucket
ON CONFLICT (series_id, bucket) DO UPDATE SET
    count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max,
    first = excluded.first, last = excluded.last
WHERE excluded.count > kept.count

-- name: roll_up_hours
-- Recomputes rollup_1h for the whole hours of [start, stop) from rollup_1m.
INSERT INTO rollup_1h AS kept (series_id, bucket, count, sum, min, max, first, last)
SELECT series_id, date_bin('1 hour', bucket, '1970-01-01Z') AS coarse,
    sum(count), sum(sum), min(min), max(max),
    (array_agg(first ORDER BY bucket))[1],
    (array_agg(last ORDER BY bucket))[count(*)]
FROM rollup_1m
WHERE bucket >= %(start)s AND bucket < %(stop)s
GROUP BY series_id, coarse
ON CONFLICT (series_id, bucket) DO UPDATE SET
    count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max,
    first = excluded.first, last = excluded.last
WHERE excluded.count > kept.count

-- name: roll_up_days
-- Recomputes rollup_1d for the whole days (UTC) of [start, stop) from rollup_1h.
INSERT INTO rollup_1d AS kept (series_id, bucket, count, sum, min, max, first, last)
SELECT series_id, date_bin('1 day', bucket, '1970-01-01Z') AS coarse,
    sum(count), sum(sum), min(min), max(max),
    (array_agg(first ORDER BY bucket))[1],
    (array_agg(last ORDER BY bucket))[count(*)]
FROM rollup_1h
WHERE bucket >= %(start)s AND bucket < %(stop)s
GROUP BY series_id, coarse
ON CONFLICT (series_id, bucket) DO UPDATE SET
    count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max,
    first = excluded.first, last = excluded.last
WHERE excluded.count > kept.count
