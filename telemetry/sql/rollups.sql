-- name: take_turn
-- True for the one caller that may roll up until its transaction ends.
SELECT pg_try_advisory_xact_lock(%(key)s)

-- name: add_dirty_minutes
-- Puts minutes on the list; those that are on it get another mark.
INSERT INTO dirty_minute (minute)
SELECT unnest(%(minutes)s::timestamptz[])
ON CONFLICT (minute) DO UPDATE SET mark = DEFAULT

-- name: list_dirty_minutes
-- The newest closed minutes of the list, whether retention has taken readings of theirs, and the
-- mark each has now. Those whose readings are just being dropped wait.
SELECT dirty.minute, dirty.mark, dirty.minute < state.raw_floor
FROM dirty_minute AS dirty, retention_state AS state
WHERE dirty.minute < %(closed)s AND dirty.minute >= state.raw_held
ORDER BY dirty.minute DESC
LIMIT %(limit)s

-- name: forget_dirty_minutes
-- Takes minutes off the list unless more has come for them.
DELETE FROM dirty_minute AS dirty
USING unnest(%(minutes)s::timestamptz[], %(marks)s::bigint[]) AS done (minute, mark)
WHERE dirty.minute = done.minute AND dirty.mark = done.mark

-- name: measure_rollup_backlog
-- How many closed minutes are on the list, and the oldest of them.
SELECT count(*), min(minute) FROM dirty_minute WHERE minute < %(closed)s

-- name: forget_rewritten
-- Deletes the summaries of those of these minutes of which readings were removed, and of their hours
-- and days: what is computed after it may come to less, and would not replace them.
WITH rewritten AS (
    DELETE FROM rewritten_minute WHERE minute = ANY (%(minutes)s::timestamptz[])
    RETURNING series_id, minute
), minutes AS (
    DELETE FROM rollup_1m AS kept USING rewritten
    WHERE kept.series_id = rewritten.series_id AND kept.bucket = rewritten.minute
), hours AS (
    DELETE FROM rollup_1h AS kept USING rewritten
    WHERE kept.series_id = rewritten.series_id
        AND kept.bucket = date_bin('1 hour', rewritten.minute, '1970-01-01Z')
)
DELETE FROM rollup_1d AS kept USING rewritten
WHERE kept.series_id = rewritten.series_id
    AND kept.bucket = date_bin('1 day', rewritten.minute, '1970-01-01Z')

-- name: roll_up_minutes
-- Recomputes rollup_1m for the whole minutes of [start, stop), for all series with readings there.
INSERT INTO rollup_1m AS kept (series_id, bucket, count, sum, min, max, first, last)
SELECT series_id, bucket, count(*), sum(least(greatest(value, -1e290), 1e290)),
    min(value), max(value),
    (array_agg(value ORDER BY time))[1],
    (array_agg(value ORDER BY time))[count(*)]
FROM (
    SELECT series_id, date_bin('1 minute', time, '1970-01-01Z') AS bucket, time, value
    FROM all_numbers_between(%(start)s, %(stop)s)
) AS source
GROUP BY series_id, bucket
ON CONFLICT (series_id, bucket) DO UPDATE SET
    count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max,
    first = excluded.first, last = excluded.last
WHERE excluded.count > kept.count

-- name: keep_bases
-- Keeps what minutes of [start, stop) counted when their readings were dropped, of those that have
-- readings again.
INSERT INTO rollup_base (series_id, bucket, count, sum, min, max, first, last)
SELECT series_id, bucket, count, sum, min, max, first, last
FROM rollup_1m AS kept
WHERE bucket >= %(start)s AND bucket < %(stop)s AND NOT since_drop
    AND EXISTS (
        SELECT FROM numbers_between(
            kept.series_id, kept.bucket, kept.bucket + interval '1 minute'
        )
    )
ON CONFLICT (series_id, bucket) DO NOTHING

-- name: merge_minutes
-- Recomputes rollup_1m for minutes of [start, stop) that lost readings: what they counted then, and
-- the readings that came since. Which of both was first is not known any more.
INSERT INTO rollup_1m AS kept (series_id, bucket, count, sum, min, max, first, last, since_drop)
SELECT late.series_id, late.bucket, late.count + coalesce(base.count, 0),
    late.sum + coalesce(base.sum, 0), least(late.min, base.min), greatest(late.max, base.max),
    coalesce(base.first, late.first), coalesce(base.last, late.last), true
FROM (
    SELECT series_id, date_bin('1 minute', time, '1970-01-01Z') AS bucket, count(*) AS count,
        sum(least(greatest(value, -1e290), 1e290)) AS sum, min(value) AS min, max(value) AS max,
        (array_agg(value ORDER BY time))[1] AS first,
        (array_agg(value ORDER BY time DESC))[1] AS last
    FROM all_numbers_between(%(start)s, %(stop)s) AS stored
    -- Not of a series whose readings are just being deleted there: they are in its summary.
    WHERE NOT EXISTS (
        SELECT FROM series_retention AS gone
        WHERE gone.series_id = stored.series_id AND stored.time < gone.raw_floor
    )
    GROUP BY 1, 2
) AS late
LEFT JOIN rollup_base AS base USING (series_id, bucket)
ON CONFLICT (series_id, bucket) DO UPDATE SET
    count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max,
    first = excluded.first, last = excluded.last, since_drop = true

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
