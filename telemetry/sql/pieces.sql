-- name: pieces_1m
-- The summaries of minutes in [from, to), by series and time, and the readings of those not rolled up
-- yet: for what is made of calendar buckets. `depth` says how fine each is: 0 a row of the rollup, 2 a
-- reading. See `reduce_from_1m`.
-- part: dirty
SELECT series_id, time, count::bigint, sum, min, max, first, last, depth
FROM (
    SELECT series_id, bucket AS time, count, sum, min, max, first, last, 0 AS depth
    FROM rollup_1m
    WHERE series_id = ANY (%(series)s::int[]) AND bucket >= %(start)s AND bucket < %(stop)s
        AND NOT EXISTS (SELECT FROM dirty WHERE minute = bucket)
    UNION ALL
    SELECT asked.id, one.time,
        1, least(greatest(one.value, -1e290), 1e290),
        one.value, one.value, one.value, one.value, 2
    FROM span
    CROSS JOIN unnest(%(series)s::int[]) AS asked (id)
    CROSS JOIN LATERAL numbers_between(asked.id, span.start, span.stop) AS one
    WHERE date_bin('1 minute', one.time, '1970-01-01Z') IN (SELECT minute FROM dirty)
) AS piece
ORDER BY series_id, time

-- name: pieces_1h
-- The same of hours; those with a dirty minute come as minutes (depth 1) and readings.
-- part: dirty
SELECT series_id, time, count::bigint, sum, min, max, first, last, depth
FROM (
    SELECT series_id, bucket AS time, count, sum, min, max, first, last, 0 AS depth
    FROM rollup_1h
    WHERE series_id = ANY (%(series)s::int[]) AND bucket >= %(start)s AND bucket < %(stop)s
        AND NOT EXISTS (SELECT FROM dirty_hour WHERE hour = bucket)
    UNION ALL
    SELECT fine.series_id, fine.bucket, fine.count, fine.sum, fine.min, fine.max,
        fine.first, fine.last, 1
    FROM span
    JOIN rollup_1m AS fine ON fine.series_id = ANY (%(series)s::int[])
        AND fine.bucket >= date_bin('1 hour', span.start, '1970-01-01Z')
        AND fine.bucket < date_bin('1 hour', span.stop + interval '59 minutes', '1970-01-01Z')
    WHERE date_bin('1 hour', fine.bucket, '1970-01-01Z') IN (SELECT hour FROM dirty_hour)
        AND NOT EXISTS (SELECT FROM dirty WHERE minute = fine.bucket)
    UNION ALL
    SELECT asked.id, one.time,
        1, least(greatest(one.value, -1e290), 1e290),
        one.value, one.value, one.value, one.value, 2
    FROM span
    CROSS JOIN unnest(%(series)s::int[]) AS asked (id)
    CROSS JOIN LATERAL numbers_between(asked.id, span.start, span.stop) AS one
    WHERE date_bin('1 minute', one.time, '1970-01-01Z') IN (SELECT minute FROM dirty)
) AS piece
ORDER BY series_id, time

-- name: pieces_1d
-- The same of days (UTC); those with a dirty minute come as hours, minutes and readings.
-- part: dirty
SELECT series_id, time, count::bigint, sum, min, max, first, last, depth
FROM (
    SELECT series_id, bucket AS time, count, sum, min, max, first, last, 0 AS depth
    FROM rollup_1d
    WHERE series_id = ANY (%(series)s::int[]) AND bucket >= %(start)s AND bucket < %(stop)s
        AND NOT EXISTS (SELECT FROM dirty_day WHERE day = bucket)
    UNION ALL
    SELECT fine.series_id, fine.bucket, fine.count, fine.sum, fine.min, fine.max,
        fine.first, fine.last, 1
    FROM rollup_1h AS fine
    WHERE fine.series_id = ANY (%(series)s::int[])
        AND fine.bucket >= (SELECT min(day) FROM dirty_day)
        AND fine.bucket < (SELECT max(day) FROM dirty_day) + interval '1 day'
        AND date_bin('1 day', fine.bucket, '1970-01-01Z') IN (SELECT day FROM dirty_day)
        AND NOT EXISTS (SELECT FROM dirty_hour WHERE hour = fine.bucket)
    UNION ALL
    SELECT fine.series_id, fine.bucket, fine.count, fine.sum, fine.min, fine.max,
        fine.first, fine.last, 1
    FROM span
    JOIN rollup_1m AS fine ON fine.series_id = ANY (%(series)s::int[])
        AND fine.bucket >= date_bin('1 hour', span.start, '1970-01-01Z')
        AND fine.bucket < date_bin('1 hour', span.stop + interval '59 minutes', '1970-01-01Z')
    WHERE date_bin('1 hour', fine.bucket, '1970-01-01Z') IN (SELECT hour FROM dirty_hour)
        AND NOT EXISTS (SELECT FROM dirty WHERE minute = fine.bucket)
    UNION ALL
    SELECT asked.id, one.time,
        1, least(greatest(one.value, -1e290), 1e290),
        one.value, one.value, one.value, one.value, 2
    FROM span
    CROSS JOIN unnest(%(series)s::int[]) AS asked (id)
    CROSS JOIN LATERAL numbers_between(asked.id, span.start, span.stop) AS one
    WHERE date_bin('1 minute', one.time, '1970-01-01Z') IN (SELECT minute FROM dirty)
) AS piece
ORDER BY series_id, time

-- name: count_summarised
-- About how many numbers some series have in [from, to), by their hours: the last ones may be missing.
SELECT coalesce(sum(count), 0)::bigint FROM rollup_1h
WHERE series_id = ANY (%(series)s::int[]) AND bucket >= %(start)s AND bucket < %(stop)s
