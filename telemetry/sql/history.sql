-- name: count_readings
-- How many number readings each series has in [from, to), counted up to a limit.
SELECT asked.id, (
    SELECT count(*) FROM (
        SELECT 1 FROM reading
        WHERE series_id = asked.id AND time >= %(start)s AND time < %(stop)s
        -- The order makes the planner take the key: unordered, it reads whole partitions in which
        -- it takes every row for one of this series.
        ORDER BY time
        LIMIT %(limit)s
    ) AS counted
)
FROM unnest(%(series)s::int[]) AS asked (id)

-- name: fetch_readings
-- The number readings of each series in [from, to), oldest first.
SELECT series_id, round(date_part('epoch', time) * 1e6)::bigint AS us, value
FROM reading
WHERE series_id = ANY (%(series)s::int[]) AND time >= %(start)s AND time < %(stop)s
ORDER BY series_id, time

-- name: fetch_text_runs
-- The newest runs of equal texts of each series in [from, to), newest first, of its newest rows.
-- A run ends at another text, and at a step longer than its gap and than half as much again as the
-- usual step. Each series is a subquery of its own: its rows come from the key in their order, and
-- nothing is sorted for the windows. The pace is materialized: inlined, a planner that takes the rows
-- for few works it out again for each of them.
SELECT asked.id, run.first, run.last, run.value, run.count, run.read
FROM unnest(%(series)s::int[], %(gaps)s::interval[]) AS asked (id, gap)
CROSS JOIN LATERAL (
    WITH said AS MATERIALIZED (
        SELECT time, value, lead(value) OVER newest_first AS earlier,
            time - lead(time) OVER newest_first AS step
        FROM (
            SELECT time, value FROM text_reading
            WHERE series_id = asked.id AND time >= %(start)s AND time < %(stop)s
            ORDER BY time DESC
            LIMIT %(rows)s
        ) AS newest
        WINDOW newest_first AS (ORDER BY time DESC)
    ), pace AS MATERIALIZED (
        SELECT greatest(asked.gap, 1.5 * percentile_disc(0.5) WITHIN GROUP (ORDER BY step)) AS gap,
            count(*) AS read
        FROM said
    ), numbered AS (
        SELECT said.time, said.value, pace.read,
            count(*) FILTER (WHERE said.earlier <> said.value OR said.step > pace.gap) OVER (
                ORDER BY said.time DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS run
        FROM said CROSS JOIN pace
    )
    SELECT min(time) AS first, max(time) AS last, min(value) AS value, count(*) AS count,
        min(read) AS read
    FROM numbered
    GROUP BY run
    ORDER BY run
    LIMIT %(limit)s
) AS run
ORDER BY asked.id, run.last DESC

-- name: fetch_latest
-- The newest number, the newest text, and the newest that retention kept, of each series in
-- [floor, before). Of numbers, the times of some before it as well. What is ahead of now and of the
-- device's own clock by more than `ahead` has a wrong time stamp, and would stay the newest until then.
SELECT asked.id,
    number.us, number.value,
    round(date_part('epoch', word.time) * 1e6)::bigint, word.value,
    round(date_part('epoch', kept.time) * 1e6)::bigint, kept.value, kept.text
FROM (
    SELECT series.id, least(
        %(before)s,
        %(now)s + %(ahead)s + greatest(0, presence.clock_lead) * interval '1 millisecond'
    ) AS before
    FROM unnest(%(series)s::int[]) AS wanted (id)
    JOIN telemetry_series AS series ON series.id = wanted.id
    LEFT JOIN devices_presence AS presence ON presence.device_id = series.device_id
) AS asked
CROSS JOIN LATERAL (
    SELECT
        array_agg(round(date_part('epoch', time) * 1e6)::bigint ORDER BY time DESC) AS us,
        (array_agg(value ORDER BY time DESC))[1] AS value
    FROM (
        SELECT time, value FROM reading
        WHERE series_id = asked.id AND time >= %(floor)s AND time < asked.before
        ORDER BY time DESC
        LIMIT %(newest)s
    ) AS newest
) AS number
LEFT JOIN LATERAL (
    SELECT time, value FROM text_reading
    WHERE series_id = asked.id AND time >= %(floor)s AND time < asked.before
    ORDER BY time DESC
    LIMIT 1
) AS word ON true
LEFT JOIN last_reading AS kept
    ON kept.series_id = asked.id AND kept.time >= %(floor)s AND kept.time < asked.before
WHERE number.us IS NOT NULL OR word.time IS NOT NULL OR kept.time IS NOT NULL

-- name: reduce_from_raw
-- Buckets of any width from the readings themselves; [from, to) are edges of buckets.
SELECT series_id,
    round(date_part('epoch', date_bin(%(width)s, time, '1970-01-01Z')) * 1e6)::bigint AS us,
    sum(least(greatest(value, -1e290), 1e290)), count(*), min(value), max(value)
FROM reading
WHERE series_id = ANY (%(series)s::int[]) AND time >= %(start)s AND time < %(stop)s
GROUP BY series_id, us
ORDER BY series_id, us

-- name: reduce_from_1m
-- Buckets of whole minutes: from rollup_1m, and from the readings in minutes not rolled up yet.
-- These are read in spans: minutes within an hour of each other are one, and what lies between is
-- left out by equality. Joined minute by minute, a long backlog would cost a look at the index each.
-- NOT EXISTS and no NOT IN: of a list that may be long the latter walks all of it for each bucket.
WITH dirty AS MATERIALIZED (
    SELECT minute FROM dirty_minutes(%(start)s, %(stop)s)
), span AS MATERIALIZED (
    SELECT min(minute) AS start, max(minute) + interval '1 minute' AS stop
    FROM (
        SELECT minute, count(*) FILTER (WHERE minute > before + interval '1 hour')
            OVER (ORDER BY minute) AS island
        FROM (SELECT minute, lag(minute) OVER (ORDER BY minute) AS before FROM dirty) AS pair
    ) AS numbered
    GROUP BY island
), piece AS (
    SELECT series_id, bucket AS time, sum, count, min, max
    FROM rollup_1m
    WHERE series_id = ANY (%(series)s::int[]) AND bucket >= %(start)s AND bucket < %(stop)s
        AND NOT EXISTS (SELECT FROM dirty WHERE minute = bucket)
    UNION ALL
    SELECT reading.series_id, reading.time,
        least(greatest(reading.value, -1e290), 1e290), 1, reading.value, reading.value
    FROM span
    JOIN reading ON reading.series_id = ANY (%(series)s::int[])
        AND reading.time >= span.start AND reading.time < span.stop
    WHERE date_bin('1 minute', reading.time, '1970-01-01Z') IN (SELECT minute FROM dirty)
)
SELECT series_id,
    round(date_part('epoch', date_bin(%(width)s, time, '1970-01-01Z')) * 1e6)::bigint AS us,
    sum(sum), sum(count)::bigint, min(min), max(max)
FROM piece
GROUP BY series_id, us
ORDER BY series_id, us

-- name: reduce_from_1h
-- Buckets of whole hours: from rollup_1h, and in hours with a dirty minute from what is finer.
WITH dirty AS MATERIALIZED (
    SELECT minute FROM dirty_minutes(%(start)s, %(stop)s)
), span AS MATERIALIZED (
    SELECT min(minute) AS start, max(minute) + interval '1 minute' AS stop
    FROM (
        SELECT minute, count(*) FILTER (WHERE minute > before + interval '1 hour')
            OVER (ORDER BY minute) AS island
        FROM (SELECT minute, lag(minute) OVER (ORDER BY minute) AS before FROM dirty) AS pair
    ) AS numbered
    GROUP BY island
), dirty_hour AS MATERIALIZED (
    SELECT DISTINCT date_bin('1 hour', minute, '1970-01-01Z') AS hour FROM dirty
), piece AS (
    SELECT series_id, bucket AS time, sum, count, min, max
    FROM rollup_1h
    WHERE series_id = ANY (%(series)s::int[]) AND bucket >= %(start)s AND bucket < %(stop)s
        AND NOT EXISTS (SELECT FROM dirty_hour WHERE hour = bucket)
    UNION ALL
    SELECT fine.series_id, fine.bucket, fine.sum, fine.count, fine.min, fine.max
    FROM span
    JOIN rollup_1m AS fine ON fine.series_id = ANY (%(series)s::int[])
        AND fine.bucket >= date_bin('1 hour', span.start, '1970-01-01Z')
        AND fine.bucket < date_bin('1 hour', span.stop + interval '59 minutes', '1970-01-01Z')
    WHERE date_bin('1 hour', fine.bucket, '1970-01-01Z') IN (SELECT hour FROM dirty_hour)
        AND NOT EXISTS (SELECT FROM dirty WHERE minute = fine.bucket)
    UNION ALL
    SELECT reading.series_id, reading.time,
        least(greatest(reading.value, -1e290), 1e290), 1, reading.value, reading.value
    FROM span
    JOIN reading ON reading.series_id = ANY (%(series)s::int[])
        AND reading.time >= span.start AND reading.time < span.stop
    WHERE date_bin('1 minute', reading.time, '1970-01-01Z') IN (SELECT minute FROM dirty)
)
SELECT series_id,
    round(date_part('epoch', date_bin(%(width)s, time, '1970-01-01Z')) * 1e6)::bigint AS us,
    sum(sum), sum(count)::bigint, min(min), max(max)
FROM piece
GROUP BY series_id, us
ORDER BY series_id, us

-- name: reduce_from_1d
-- Buckets of whole days (UTC): from rollup_1d, and in days with a dirty minute from what is finer.
WITH dirty AS MATERIALIZED (
    SELECT minute FROM dirty_minutes(%(start)s, %(stop)s)
), span AS MATERIALIZED (
    SELECT min(minute) AS start, max(minute) + interval '1 minute' AS stop
    FROM (
        SELECT minute, count(*) FILTER (WHERE minute > before + interval '1 hour')
            OVER (ORDER BY minute) AS island
        FROM (SELECT minute, lag(minute) OVER (ORDER BY minute) AS before FROM dirty) AS pair
    ) AS numbered
    GROUP BY island
), dirty_hour AS MATERIALIZED (
    SELECT DISTINCT date_bin('1 hour', minute, '1970-01-01Z') AS hour FROM dirty
), dirty_day AS MATERIALIZED (
    SELECT DISTINCT date_bin('1 day', hour, '1970-01-01Z') AS day FROM dirty_hour
), piece AS (
    SELECT series_id, bucket AS time, sum, count, min, max
    FROM rollup_1d
    WHERE series_id = ANY (%(series)s::int[]) AND bucket >= %(start)s AND bucket < %(stop)s
        AND NOT EXISTS (SELECT FROM dirty_day WHERE day = bucket)
    UNION ALL
    SELECT fine.series_id, fine.bucket, fine.sum, fine.count, fine.min, fine.max
    FROM rollup_1h AS fine
    WHERE fine.series_id = ANY (%(series)s::int[])
        AND fine.bucket >= (SELECT min(day) FROM dirty_day)
        AND fine.bucket < (SELECT max(day) FROM dirty_day) + interval '1 day'
        AND date_bin('1 day', fine.bucket, '1970-01-01Z') IN (SELECT day FROM dirty_day)
        AND NOT EXISTS (SELECT FROM dirty_hour WHERE hour = fine.bucket)
    UNION ALL
    SELECT fine.series_id, fine.bucket, fine.sum, fine.count, fine.min, fine.max
    FROM span
    JOIN rollup_1m AS fine ON fine.series_id = ANY (%(series)s::int[])
        AND fine.bucket >= date_bin('1 hour', span.start, '1970-01-01Z')
        AND fine.bucket < date_bin('1 hour', span.stop + interval '59 minutes', '1970-01-01Z')
    WHERE date_bin('1 hour', fine.bucket, '1970-01-01Z') IN (SELECT hour FROM dirty_hour)
        AND NOT EXISTS (SELECT FROM dirty WHERE minute = fine.bucket)
    UNION ALL
    SELECT reading.series_id, reading.time,
        least(greatest(reading.value, -1e290), 1e290), 1, reading.value, reading.value
    FROM span
    JOIN reading ON reading.series_id = ANY (%(series)s::int[])
        AND reading.time >= span.start AND reading.time < span.stop
    WHERE date_bin('1 minute', reading.time, '1970-01-01Z') IN (SELECT minute FROM dirty)
)
SELECT series_id,
    round(date_part('epoch', date_bin(%(width)s, time, '1970-01-01Z')) * 1e6)::bigint AS us,
    sum(sum), sum(count)::bigint, min(min), max(max)
FROM piece
GROUP BY series_id, us
ORDER BY series_id, us

-- name: fetch_numbers
-- The numbers of one series in [from, to), oldest first, for a binary COPY.
SELECT time, value FROM reading
WHERE series_id = %(series_id)s AND time >= %(start)s AND time < %(stop)s
ORDER BY time

-- name: fetch_number_block
-- The oldest numbers of one series in [from, to), up to a limit, for a binary COPY.
SELECT time, value FROM reading
WHERE series_id = %(series_id)s AND time >= %(start)s AND time < %(stop)s
ORDER BY time
LIMIT %(limit)s

-- name: fetch_text_block
-- The oldest texts of one series in [from, to), up to a limit.
SELECT round(date_part('epoch', time) * 1e6)::bigint AS us, value FROM text_reading
WHERE series_id = %(series_id)s AND time >= %(start)s AND time < %(stop)s
ORDER BY time
LIMIT %(limit)s

-- name: fetch_words
-- The oldest readings of one series in [from, to), numbers and texts; of one instant the number.
SELECT DISTINCT ON (time) round(date_part('epoch', time) * 1e6)::bigint AS us, number, word
FROM (
    (
        SELECT time, value AS number, NULL::text AS word FROM reading
        WHERE series_id = %(series_id)s AND time >= %(start)s AND time < %(stop)s
        ORDER BY time
        LIMIT %(limit)s
    )
    UNION ALL
    (
        SELECT time, NULL::float8, value FROM text_reading
        WHERE series_id = %(series_id)s AND time >= %(start)s AND time < %(stop)s
        ORDER BY time
        LIMIT %(limit)s
    )
) AS said
ORDER BY time, word NULLS FIRST
LIMIT %(limit)s

-- name: fetch_heard
-- When numbers or texts came of any of some series in [from, to), oldest first.
SELECT DISTINCT round(date_part('epoch', time) * 1e6)::bigint AS us
FROM (
    SELECT time FROM reading
    WHERE series_id = ANY (%(series)s::int[]) AND time >= %(start)s AND time < %(stop)s
    UNION ALL
    SELECT time FROM text_reading
    WHERE series_id = ANY (%(series)s::int[]) AND time >= %(start)s AND time < %(stop)s
) AS heard
ORDER BY us

-- name: count_text_minutes
-- The minutes in which texts came of any of some series in [from, to), and how many: texts have no
-- rollups.
SELECT round(date_part('epoch', date_bin('1 minute', time, '1970-01-01Z')) * 1e6)::bigint AS us,
    count(*)
FROM text_reading
WHERE series_id = ANY (%(series)s::int[]) AND time >= %(start)s AND time < %(stop)s
GROUP BY us
