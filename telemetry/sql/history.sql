-- name: count_readings
-- How many number readings each series has in [from, to) without packs that reach out of it, counted up
-- to a limit or a little more; and those packs, where it lies with them whether there are so many.
-- They come as they are: whoever asks takes them apart a hundred times faster.
SELECT asked.id, rows.count + late.count + packed.count, CASE
    WHEN rows.count + late.count + packed.count < %(limit)s
        AND rows.count + late.count + packed.count + packed.reaching >= %(limit)s
    THEN (
        SELECT array_agg(record_send(pack)) FROM reading_pack AS pack
        WHERE series_id = asked.id AND start > %(start)s::timestamptz - interval '24 hours'
            AND start < %(stop)s AND stop >= %(start)s AND (start < %(start)s OR stop >= %(stop)s)
    )
END
FROM unnest(%(series)s::int[]) AS asked (id)
CROSS JOIN LATERAL (
    SELECT count(*) FROM (
        SELECT 1 FROM reading
        WHERE series_id = asked.id AND time >= %(start)s AND time < %(stop)s
        -- The order makes the planner take the key: unordered, it reads whole partitions in which
        -- it takes every row for one of this series.
        ORDER BY time
        LIMIT %(limit)s
    ) AS counted
) AS rows
CROSS JOIN LATERAL (
    SELECT count(*) FROM (
        SELECT 1 FROM late_reading
        WHERE series_id = asked.id AND time >= %(start)s AND time < %(stop)s
        ORDER BY time
        LIMIT %(limit)s
    ) AS counted
) AS late
CROSS JOIN LATERAL (
    -- Some packs are enough where there is much, and then all of them are not looked for.
    SELECT CASE WHEN few.count >= %(limit)s THEN few.count ELSE every.count END AS count,
        every.reaching
    FROM (
        SELECT coalesce(sum(count), 0)::bigint AS count
        FROM (
            SELECT count FROM reading_pack
            WHERE series_id = asked.id AND start >= %(start)s AND start < %(stop)s
                AND stop < %(stop)s
            ORDER BY start
            LIMIT 16
        ) AS oldest
    ) AS few
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(count) FILTER (WHERE NOT is_reaching), 0)::bigint AS count,
            coalesce(sum(count) FILTER (WHERE is_reaching), 0)::bigint AS reaching
        FROM (
            SELECT count, start < %(start)s OR stop >= %(stop)s AS is_reaching
            FROM reading_pack
            WHERE few.count < %(limit)s
                AND series_id = asked.id AND start > %(start)s::timestamptz - interval '24 hours'
                AND start < %(stop)s AND stop >= %(start)s
            ORDER BY start
            LIMIT %(limit)s + 1
        ) AS found
    ) AS every
) AS packed

-- name: fetch_text_runs
-- The newest runs of equal texts of each series in [from, to), newest first, of its newest rows.
-- A run ends at another text, and at a step longer than its gap and than half as much again as the
-- usual step. The pace is materialized: inlined, a planner that takes the rows
-- for few works it out again for each of them.
SELECT asked.id, run.first, run.last, run.value, run.count, run.read
FROM unnest(%(series)s::int[], %(gaps)s::interval[]) AS asked (id, gap)
CROSS JOIN LATERAL (
    WITH said AS MATERIALIZED (
        SELECT time, value, lead(value) OVER newest_first AS earlier,
            time - lead(time) OVER newest_first AS step
        FROM (
            SELECT time, value FROM newest_texts(asked.id, %(start)s, %(stop)s, %(rows)s)
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
-- The newest number, and the newest that retention kept, of each series in [floor, before). Of numbers,
-- the times of some before it as well.
-- A pack of numbers in which that moment lies comes as it is, with the moment: whoever asks takes it
-- apart a hundred times faster. Texts are asked for apart: most series have none, and to plan for them
-- would take as long as all of this.
SELECT asked.id,
    number.us, number.value,
    round(date_part('epoch', kept.time) * 1e6)::bigint, kept.value, kept.text,
    reaching.bytes, round(date_part('epoch', asked.before) * 1e6)::bigint, asked.words
-- part: asked
CROSS JOIN LATERAL (
    SELECT
        array_agg(round(date_part('epoch', time) * 1e6)::bigint ORDER BY time DESC) AS us,
        (array_agg(value ORDER BY time DESC))[1] AS value
    FROM (
        SELECT time, value FROM (
            (
                SELECT time, value FROM reading
                WHERE series_id = asked.id AND time >= %(floor)s AND time < asked.before
                    -- Once more, as a constant: partitions behind it are not even planned.
                    AND time < %(before)s
                ORDER BY time DESC
                LIMIT %(newest)s
            )
            UNION ALL
            (
                SELECT time, value FROM late_reading
                WHERE series_id = asked.id AND time >= %(floor)s AND time < asked.before
                ORDER BY time DESC
                LIMIT %(newest)s
            )
            UNION ALL
            -- Of packs: the times from their ends, and the value of the very last.
            SELECT one.time, (counted.pack).last
            FROM (
                SELECT pack, sum(pack.count) OVER (ORDER BY pack.start DESC) - pack.count AS newer
                FROM reading_pack AS pack
                WHERE pack.series_id = asked.id AND pack.start < asked.before
                    AND pack.start > %(floor)s::timestamptz - interval '24 hours'
                    AND pack.stop >= %(floor)s AND pack.stop < asked.before
                ORDER BY pack.start DESC
                LIMIT %(newest)s
            ) AS counted
            CROSS JOIN LATERAL newest_packed(counted.pack, %(newest)s) AS one
            WHERE counted.newer < %(newest)s AND one.time >= %(floor)s
        ) AS either
        ORDER BY time DESC
        LIMIT %(newest)s
    ) AS newest
) AS number
LEFT JOIN LATERAL (
    SELECT CASE WHEN newest.stop >= asked.before THEN record_send(newest.pack) END AS bytes
    FROM (
        SELECT pack, pack.stop FROM reading_pack AS pack
        WHERE pack.series_id = asked.id AND pack.start < asked.before
            AND pack.start > %(floor)s::timestamptz - interval '24 hours'
        ORDER BY pack.start DESC
        LIMIT 1
    ) AS newest
) AS reaching ON true
LEFT JOIN last_reading AS kept
    ON kept.series_id = asked.id AND kept.time >= %(floor)s AND kept.time < asked.before
WHERE number.us IS NOT NULL OR kept.time IS NOT NULL OR reaching.bytes IS NOT NULL OR asked.words

-- name: fetch_latest_words
-- The newest text of each of these series; see `fetch_latest`.
SELECT asked.id, round(date_part('epoch', word.time) * 1e6)::bigint, word.value
-- part: asked
CROSS JOIN LATERAL (
    SELECT time, value FROM (
        (
            SELECT time, value FROM text_reading
            WHERE series_id = asked.id AND time >= %(floor)s AND time < asked.before
                AND time < %(before)s
            ORDER BY time DESC
            LIMIT 1
        )
        UNION ALL
        SELECT time, value FROM (
            SELECT late.time, late.value FROM late_text_reading AS late
            WHERE late.series_id = asked.id AND late.time >= %(floor)s AND late.time < asked.before
            ORDER BY late.time DESC
            LIMIT 1
        ) AS late
        UNION ALL
        SELECT one.time, one.value
        FROM (
            SELECT pack FROM text_pack AS pack
            WHERE pack.series_id = asked.id AND pack.start < asked.before
                AND pack.start > %(floor)s::timestamptz - interval '24 hours'
                AND pack.stop >= %(floor)s
            ORDER BY pack.start DESC
            LIMIT 1
        ) AS newest
        CROSS JOIN LATERAL (
            SELECT (pack).stop AS time, (pack).last AS value WHERE (pack).stop < asked.before
            UNION ALL
            SELECT time, value FROM packed_texts(pack) WHERE (pack).stop >= asked.before
        ) AS one
        WHERE one.time >= %(floor)s AND one.time < asked.before
    ) AS either
    ORDER BY time DESC
    LIMIT 1
) AS word

-- name: reduce_from_1m
-- Buckets of whole minutes, in pieces: packs of the minutes' summaries as they are; and as columns of
-- 40 bytes what has none: summaries, and the readings in minutes not rolled up yet.
-- An hour with such a minute is read without its pack. What lies between packs is `gap`.
-- These minutes are read in spans, and what lies between is left out by equality. Joined minute by
-- minute, a long backlog would cost a look at the index each.
-- NOT EXISTS and no NOT IN: of a list that may be long the latter walks all of it for each bucket.
-- Before the first minute of the list nothing is looked for in it: a fifth of the cost of a year.
-- Series by series: of a list the planner takes what was measured at that time by all of them, and one
-- text of all would be copied each time it grows.
-- OFFSET 0 has the planner take what is between two times, and not all of a series into a hash.
-- In pieces and in no order: one bucket may have a row of summaries and rows of what is finer. Whoever
-- asks adds columns up a hundred times faster. The window's own edges beside those of a gap: with
-- these constants TimescaleDB leaves out chunks.
-- part: dirty
SELECT asked.id AS series_id, found.packed, found.pieces
FROM unnest(%(series)s::int[]) AS asked (id)
CROSS JOIN LATERAL (
    WITH pack AS MATERIALIZED (
        SELECT start, summaries FROM minute_pack
        WHERE series_id = asked.id AND start > %(start)s::timestamptz - interval '1 hour'
            AND start < %(stop)s AND NOT EXISTS (SELECT FROM dirty_hour WHERE hour = start)
        ORDER BY start
    ), gap AS MATERIALIZED (
        SELECT start, stop FROM (
            SELECT start AS stop,
                lag(start + interval '1 hour', 1, %(start)s) OVER (ORDER BY start) AS start
            FROM (SELECT start FROM pack UNION ALL SELECT %(stop)s) AS edge
        ) AS between_packs
        WHERE start < stop
    )
    SELECT (SELECT string_agg(summaries, ''::bytea) FROM pack) AS packed, string_agg(
        timestamptz_send(time) || float8send(sum) || int8send(count) || float8send(min)
            || float8send(max), ''::bytea
    ) AS pieces
    FROM (
        SELECT clean.* FROM gap CROSS JOIN LATERAL (
            SELECT date_bin(%(width)s, bucket, '1970-01-01Z') AS time,
                sum(sum) AS sum, sum(count)::bigint AS count, min(min) AS min, max(max) AS max
            FROM rollup_1m
            WHERE series_id = asked.id AND bucket >= %(start)s AND bucket < %(stop)s
                AND bucket >= gap.start AND bucket < gap.stop
            GROUP BY 1
            OFFSET 0
        ) AS clean
        WHERE time < (
            SELECT coalesce(date_bin(%(width)s, min(minute), '1970-01-01Z'), 'infinity')
            FROM dirty
        )
        UNION ALL
        SELECT date_bin(%(width)s, rough.bucket, '1970-01-01Z'), rough.sum, rough.count, rough.min,
            rough.max
        FROM gap CROSS JOIN LATERAL (
            SELECT bucket, sum, count, min, max FROM rollup_1m
            WHERE series_id = asked.id AND bucket < %(stop)s AND bucket >= greatest(
                    %(start)s,
                    (SELECT date_bin(%(width)s, min(minute), '1970-01-01Z') FROM dirty)
                )
                AND bucket >= gap.start AND bucket < gap.stop
            OFFSET 0
        ) AS rough
        WHERE EXISTS (SELECT FROM dirty)
            AND NOT EXISTS (SELECT FROM dirty WHERE minute = rough.bucket)
        UNION ALL
-- part: fresh_readings
    ) AS piece
) AS found

-- name: reduce_from_1h
-- The same of whole hours: packs of days, of their hours or, as pieces of 40 bytes, of their quarters;
-- and in hours with a dirty minute what is finer.
-- part: dirty
SELECT asked.id AS series_id, found.packed, found.pieces
FROM unnest(%(series)s::int[]) AS asked (id)
CROSS JOIN LATERAL (
    WITH pack AS MATERIALIZED (
        SELECT start, CASE WHEN %(quarters)s THEN quarters ELSE summaries END AS summaries
        FROM hour_pack
        WHERE series_id = asked.id AND start > %(start)s::timestamptz - interval '24 hours'
            AND start < %(stop)s AND NOT EXISTS (SELECT FROM dirty_day WHERE day = start)
        ORDER BY start
    ), gap AS MATERIALIZED (
        SELECT start, stop FROM (
            SELECT start AS stop,
                lag(start + interval '24 hours', 1, %(start)s) OVER (ORDER BY start) AS start
            FROM (SELECT start FROM pack UNION ALL SELECT %(stop)s) AS edge
        ) AS between_packs
        WHERE start < stop
    )
    SELECT (SELECT string_agg(summaries, ''::bytea) FROM pack) AS packed, string_agg(
        timestamptz_send(time) || float8send(sum) || int8send(count) || float8send(min)
            || float8send(max), ''::bytea
    ) AS pieces
    FROM (
        SELECT clean.* FROM gap CROSS JOIN LATERAL (
            SELECT date_bin(%(width)s, bucket, '1970-01-01Z') AS time,
                sum(sum) AS sum, sum(count)::bigint AS count, min(min) AS min, max(max) AS max
            FROM rollup_1h
            WHERE series_id = asked.id AND bucket >= %(start)s AND bucket < %(stop)s
                AND bucket >= gap.start AND bucket < gap.stop
            GROUP BY 1
            OFFSET 0
        ) AS clean
        WHERE time < (
            SELECT coalesce(date_bin(%(width)s, min(hour), '1970-01-01Z'), 'infinity')
            FROM dirty_hour
        )
        UNION ALL
        SELECT date_bin(%(width)s, rough.bucket, '1970-01-01Z'), rough.sum, rough.count, rough.min,
            rough.max
        FROM gap CROSS JOIN LATERAL (
            SELECT bucket, sum, count, min, max FROM rollup_1h
            WHERE series_id = asked.id AND bucket < %(stop)s AND bucket >= greatest(
                    %(start)s,
                    (SELECT date_bin(%(width)s, min(hour), '1970-01-01Z') FROM dirty_hour)
                )
                AND bucket >= gap.start AND bucket < gap.stop
            OFFSET 0
        ) AS rough
        WHERE EXISTS (SELECT FROM dirty_hour)
            AND NOT EXISTS (SELECT FROM dirty_hour WHERE hour = rough.bucket)
        UNION ALL
-- part: clean_minutes
        UNION ALL
-- part: fresh_readings
    ) AS piece
) AS found

-- name: reduce_from_1d
-- The same of whole days (UTC): from rollup_1d, which has no packs, and in days with a dirty minute from
-- what is finer.
-- part: dirty
SELECT asked.id AS series_id, NULL::bytea AS packed, found.pieces
FROM unnest(%(series)s::int[]) AS asked (id)
CROSS JOIN LATERAL (
    SELECT string_agg(
        timestamptz_send(time) || float8send(sum) || int8send(count) || float8send(min)
            || float8send(max), ''::bytea
    ) AS pieces
    FROM (
        SELECT time, sum, count, min, max
        FROM (
            SELECT date_bin(%(width)s, bucket, '1970-01-01Z') AS time,
                sum(sum) AS sum, sum(count)::bigint AS count, min(min) AS min, max(max) AS max
            FROM rollup_1d
            WHERE series_id = asked.id AND bucket >= %(start)s AND bucket < %(stop)s
            GROUP BY 1
            OFFSET 0
        ) AS clean
        WHERE time < (
            SELECT coalesce(date_bin(%(width)s, min(day), '1970-01-01Z'), 'infinity') FROM dirty_day
        )
        UNION ALL
        SELECT date_bin(%(width)s, bucket, '1970-01-01Z'), sum, count, min, max
        FROM rollup_1d
        WHERE series_id = asked.id AND bucket < %(stop)s AND bucket >= greatest(
                %(start)s, (SELECT date_bin(%(width)s, min(day), '1970-01-01Z') FROM dirty_day)
            )
            AND EXISTS (SELECT FROM dirty_day) AND NOT EXISTS (SELECT FROM dirty_day WHERE day = bucket)
        UNION ALL
        SELECT date_bin(%(width)s, fine.bucket, '1970-01-01Z'), fine.sum, fine.count, fine.min,
            fine.max
        FROM rollup_1h AS fine
        WHERE fine.series_id = asked.id
            AND fine.bucket >= (SELECT min(day) FROM dirty_day)
            AND fine.bucket < (SELECT max(day) FROM dirty_day) + interval '1 day'
            AND date_bin('1 day', fine.bucket, '1970-01-01Z') IN (SELECT day FROM dirty_day)
            AND NOT EXISTS (SELECT FROM dirty_hour WHERE hour = fine.bucket)
        UNION ALL
-- part: clean_minutes
        UNION ALL
-- part: fresh_readings
    ) AS piece
) AS found

-- name: fetch_numbers_of_many
-- The numbers of several series in [from, to): rows and packs, each as one value.
SELECT (
    SELECT string_agg(
        int4send(series_id) || timestamptz_send(time) || float8send(value), ''::bytea
    ) FROM (
        SELECT series_id, time, value FROM reading
        WHERE series_id = ANY (%(series)s::int[]) AND time >= %(start)s AND time < %(stop)s
        UNION ALL
        SELECT series_id, time, value FROM late_reading
        WHERE series_id = ANY (%(series)s::int[]) AND time >= %(start)s AND time < %(stop)s
    ) AS stored
) AS rows, (
    SELECT array_agg(record_send(pack)) FROM reading_pack AS pack
    WHERE series_id = ANY (%(series)s::int[])
        AND start > %(start)s::timestamptz - interval '24 hours'
        AND start < %(stop)s AND stop >= %(start)s
) AS packs

-- name: fetch_number_block
-- At least the oldest numbers of one series in [from, to), up to a limit: rows and packs, each as one
-- value.
WITH near AS MATERIALIZED (
    -- As a rule enough, where a window of years has thousands.
    SELECT count FROM reading_pack
    WHERE series_id = %(series_id)s AND start > %(start)s::timestamptz - interval '24 hours'
        AND start < %(stop)s AND stop >= %(start)s
    ORDER BY start
    LIMIT %(near)s
), counted AS MATERIALIZED (
    -- Of the first one, which may reach out of the window, any number counts. Whole packs are not
    -- counted: each would be read, up to the end of the window.
    SELECT place, start, stop, sum(count) OVER (ORDER BY start) - count AS older,
        first_value(count) OVER (ORDER BY start) AS first
    FROM (
        SELECT ctid AS place, start, stop, count FROM reading_pack
        WHERE series_id = %(series_id)s AND start > %(start)s::timestamptz - interval '24 hours'
            AND start < %(stop)s AND stop >= %(start)s
        ORDER BY start
        -- One more pack than is enough: of those left over one is seen. NULL is all.
        LIMIT (
            SELECT CASE WHEN sum(count) - max(count) > %(limit)s + max(count) THEN %(near)s END
            FROM near
        )
    ) AS pack
), taken AS MATERIALIZED (
    SELECT place, stop FROM counted WHERE older < %(limit)s + first
), reached AS MATERIALIZED (
    -- Where packs are left over there are enough before: rows behind those would be read for nothing,
    -- as many in each block of an export.
    SELECT CASE WHEN EXISTS (SELECT FROM counted WHERE older >= %(limit)s + first)
        THEN (SELECT max(stop) FROM taken) ELSE %(stop)s END AS until
)
SELECT (
    SELECT string_agg(
        int4send(series_id) || timestamptz_send(time) || float8send(value), ''::bytea
    ) FROM (
        (
            SELECT series_id, time, value FROM reading
            WHERE series_id = %(series_id)s AND time >= %(start)s AND time < %(stop)s
                AND time <= (SELECT until FROM reached)
            ORDER BY time
            LIMIT %(limit)s
        )
        UNION ALL
        (
            SELECT series_id, time, value FROM late_reading
            WHERE series_id = %(series_id)s AND time >= %(start)s AND time < %(stop)s
                AND time <= (SELECT until FROM reached)
            ORDER BY time
            LIMIT %(limit)s
        )
    ) AS stored
) AS rows, (
    SELECT array_agg((
        -- By its place: of the series that have a pack of that moment the planner expects one.
        SELECT record_send(pack) FROM reading_pack AS pack WHERE ctid = taken.place
    )) FROM taken
) AS packs

-- name: fetch_text_block
-- The oldest texts of one series in [from, to), up to a limit.
SELECT round(date_part('epoch', time) * 1e6)::bigint AS us, value
FROM oldest_texts(%(series_id)s, %(start)s, %(stop)s, %(limit)s)
ORDER BY time
LIMIT %(limit)s

-- name: fetch_words
-- The oldest readings of one series in [from, to), numbers and texts; of one instant the number.
SELECT DISTINCT ON (time) round(date_part('epoch', time) * 1e6)::bigint AS us, number, word
FROM (
    SELECT time, value AS number, NULL::text AS word
    FROM oldest_numbers(%(series_id)s, %(start)s, %(stop)s, %(limit)s)
    UNION ALL
    SELECT time, NULL::float8, value
    FROM oldest_texts(%(series_id)s, %(start)s, %(stop)s, %(limit)s)
) AS said
ORDER BY time, word NULLS FIRST
LIMIT %(limit)s

-- name: fetch_heard
-- When numbers or texts came of any of some series in [from, to), oldest first.
SELECT DISTINCT round(date_part('epoch', heard.time) * 1e6)::bigint AS us
FROM unnest(%(series)s::int[]) AS asked (id)
CROSS JOIN LATERAL (
    SELECT time FROM numbers_between(asked.id, %(start)s, %(stop)s)
    UNION ALL
    SELECT time FROM texts_between(asked.id, %(start)s, %(stop)s)
) AS heard
ORDER BY us

-- name: count_text_minutes
-- The minutes in which texts came of any of some series in [from, to), and how many: texts have no
-- rollups.
SELECT round(date_part('epoch', date_bin('1 minute', one.time, '1970-01-01Z')) * 1e6)::bigint AS us,
    count(*)
FROM unnest(%(series)s::int[]) AS asked (id)
CROSS JOIN LATERAL texts_between(asked.id, %(start)s, %(stop)s) AS one
GROUP BY us
