-- name: hold_packs
-- Lets nobody change packs, or look whether something is in them, until the transaction ends.
SELECT pg_advisory_xact_lock(%(key)s)

-- name: look_into_packs
-- Has the packs stay as they are until the transaction ends; any number may look at once.
SELECT pg_advisory_xact_lock_shared(%(key)s)

-- name: list_packed_days
-- Which of these days (UTC) are packed.
SELECT day FROM packed_day WHERE day = ANY (%(days)s::date[])

-- name: list_all_packed_days
-- Every day that is packed, the newest first.
SELECT day FROM packed_day ORDER BY day DESC

-- name: list_late_days
-- The packed days that readings came for since, oldest first.
SELECT day FROM packed_day
CROSS JOIN LATERAL (
    SELECT day::timestamp AT TIME ZONE 'UTC' AS start,
        (day + 1)::timestamp AT TIME ZONE 'UTC' AS stop
) AS edge
WHERE EXISTS (SELECT FROM late_reading WHERE time >= edge.start AND time < edge.stop)
    OR EXISTS (SELECT FROM late_text_reading WHERE time >= edge.start AND time < edge.stop)
ORDER BY day

-- name: is_rolled_up
-- Whether no minute in [start, stop) waits to be rolled up.
SELECT NOT EXISTS (SELECT FROM dirty_minutes(%(start)s, %(stop)s))

-- name: note_packed_day
-- From the commit on no row goes into a partition of this day.
INSERT INTO packed_day (day) VALUES (%(day)s) ON CONFLICT DO NOTHING

-- name: close_free_days
-- The same of many days at once, of those that are over for long enough by the database's clock.
INSERT INTO packed_day (day)
SELECT asked.day FROM unnest(%(days)s::date[]) AS asked (day)
WHERE asked.day < (now() AT TIME ZONE 'UTC')::date - %(wait_days)s::int
ON CONFLICT DO NOTHING

-- name: list_stored_days
-- Of which of these series and days in [start, stop), counted since 1970, something is packed or came
-- late, and whether texts are among it.
SELECT series_id, (stored.time AT TIME ZONE 'UTC')::date - '1970-01-01'::date AS day, bool_or(is_text)
FROM (
    SELECT series_id, start AS time, false AS is_text FROM reading_pack
    WHERE series_id = ANY (%(series)s::int[]) AND start >= %(start)s AND start < %(stop)s
    UNION ALL
    SELECT series_id, start, true FROM text_pack
    WHERE series_id = ANY (%(series)s::int[]) AND start >= %(start)s AND start < %(stop)s
    UNION ALL
    SELECT series_id, time, false FROM late_reading
    WHERE series_id = ANY (%(series)s::int[]) AND time >= %(start)s AND time < %(stop)s
    UNION ALL
    SELECT series_id, time, true FROM late_text_reading
    WHERE series_id = ANY (%(series)s::int[]) AND time >= %(start)s AND time < %(stop)s
) AS stored
GROUP BY 1, 2

-- name: count_packed
-- Notes how many more readings are in the packs of a day.
UPDATE packed_day SET readings = greatest(0, readings + %(readings)s) WHERE day = %(day)s

-- name: forget_packed_day
-- Its rows go into partitions again.
DELETE FROM packed_day WHERE day = %(day)s

-- name: count_rows
-- How many readings of each series in [start, stop) are in no pack.
SELECT series_id, count(*)
FROM (
    SELECT series_id FROM reading WHERE time >= %(start)s AND time < %(stop)s
    UNION ALL
    SELECT series_id FROM late_reading WHERE time >= %(start)s AND time < %(stop)s
    UNION ALL
    SELECT series_id FROM text_reading WHERE time >= %(start)s AND time < %(stop)s
    UNION ALL
    SELECT series_id FROM late_text_reading WHERE time >= %(start)s AND time < %(stop)s
) AS unpacked
GROUP BY series_id
ORDER BY series_id

-- name: take_numbers
-- Takes the numbers of some series in [start, stop) out of rows and packs; of packs that reach in, all.
WITH stored AS (
    DELETE FROM reading
    WHERE series_id = ANY (%(series)s::int[]) AND time >= %(start)s AND time < %(stop)s
    RETURNING series_id, time, value
), late AS (
    DELETE FROM late_reading
    WHERE series_id = ANY (%(series)s::int[]) AND time >= %(start)s AND time < %(stop)s
    RETURNING series_id, time, value
), pack AS (
    DELETE FROM reading_pack AS pack
    WHERE series_id = ANY (%(series)s::int[]) AND start < %(stop)s AND stop >= %(start)s
        AND start > %(start)s::timestamptz - interval '24 hours'
    RETURNING record_send(pack) AS bytes
)
SELECT (
    SELECT string_agg(
        int4send(series_id) || timestamptz_send(time) || float8send(value), ''::bytea
    ) FROM (SELECT * FROM stored UNION ALL SELECT * FROM late) AS taken
) AS rows, (
    SELECT array_agg(bytes) FROM pack
) AS packs

-- name: take_texts
-- The same of texts, with whether each was in no pack; in the order of series and time.
WITH stored AS (
    DELETE FROM text_reading
    WHERE series_id = ANY (%(series)s::int[]) AND time >= %(start)s AND time < %(stop)s
    RETURNING series_id, time, value
), late AS (
    DELETE FROM late_text_reading
    WHERE series_id = ANY (%(series)s::int[]) AND time >= %(start)s AND time < %(stop)s
    RETURNING series_id, time, value
), pack AS (
    DELETE FROM text_pack AS pack
    WHERE series_id = ANY (%(series)s::int[]) AND start < %(stop)s AND stop >= %(start)s
        AND start > %(start)s::timestamptz - interval '24 hours'
    RETURNING pack
)
SELECT series_id, round(date_part('epoch', time) * 1e6)::bigint AS us, value, is_row
FROM (
    SELECT series_id, time, value, true AS is_row FROM stored
    UNION ALL
    SELECT series_id, time, value, true FROM late
    UNION ALL
    SELECT (pack).series_id, one.time, one.value, false
    FROM pack CROSS JOIN LATERAL packed_texts(pack.pack) AS one
) AS taken
ORDER BY series_id, us

-- name: fetch_touched_packs
-- The packs that any of these series and instants lies in.
SELECT record_send(pack)
FROM (
    SELECT DISTINCT touched.series_id, touched.start
    FROM unnest(%(series)s::int[], %(times)s::bigint[]) AS asked (series_id, us)
    CROSS JOIN LATERAL (
        SELECT series_id, start FROM reading_pack
        WHERE series_id = asked.series_id AND start <= to_timestamp(asked.us / 1e6)
            AND start > to_timestamp(asked.us / 1e6) - interval '24 hours'
            AND stop >= to_timestamp(asked.us / 1e6)
        ORDER BY start DESC
        LIMIT 1
    ) AS touched
) AS touched
JOIN reading_pack AS pack USING (series_id, start)

-- name: fetch_packed_texts
-- The texts in packs of these series at these instants.
SELECT asked.series_id, asked.us, one.value
FROM (
    SELECT DISTINCT touched.series_id, touched.start
    FROM unnest(%(series)s::int[], %(times)s::bigint[]) AS asked (series_id, us)
    CROSS JOIN LATERAL (
        SELECT series_id, start FROM text_pack
        WHERE series_id = asked.series_id AND start <= to_timestamp(asked.us / 1e6)
            AND start > to_timestamp(asked.us / 1e6) - interval '24 hours'
            AND stop >= to_timestamp(asked.us / 1e6)
        ORDER BY start DESC
        LIMIT 1
    ) AS touched
) AS touched
JOIN text_pack AS pack USING (series_id, start)
CROSS JOIN LATERAL packed_texts(pack) AS one
JOIN unnest(%(series)s::int[], %(times)s::bigint[]) AS asked (series_id, us)
    ON asked.series_id = touched.series_id AND to_timestamp(asked.us / 1e6) = one.time

-- name: insert_late_numbers
-- Stores numbers of packed days that are not there yet: their series and Unix microseconds.
INSERT INTO late_reading
SELECT series_id, to_timestamp(us / 1e6), value
FROM unnest(%(series)s::int[], %(times)s::bigint[], %(values)s::float8[])
    AS given (series_id, us, value)
ON CONFLICT DO NOTHING
RETURNING series_id, (extract(epoch FROM time) * 1e6)::bigint

-- name: insert_late_texts
-- Stores texts of packed days whose place neither a late text nor a late number has.
INSERT INTO late_text_reading
SELECT said.series_id, said.time, said.value
FROM (
    SELECT series_id, to_timestamp(us / 1e6) AS time, value
    FROM unnest(%(series)s::int[], %(times)s::bigint[], %(values)s::text[])
        AS given (series_id, us, value)
) AS said
LEFT JOIN LATERAL (
    SELECT true AS taken FROM late_reading AS late
    WHERE late.series_id = said.series_id AND late.time = said.time
    LIMIT 1
) AS number ON true
WHERE number.taken IS NULL
ON CONFLICT DO NOTHING
RETURNING series_id, (extract(epoch FROM time) * 1e6)::bigint

-- name: has_rows
-- Whether a partition holds anything in [start, stop), of numbers or of texts.
SELECT EXISTS (SELECT FROM reading WHERE time >= %(start)s AND time < %(stop)s)
    OR EXISTS (SELECT FROM text_reading WHERE time >= %(start)s AND time < %(stop)s)

-- name: list_packed_series
-- Some of the series that have packs of [start, stop), which is a day, or late readings of it.
SELECT series_id FROM reading_pack WHERE start >= %(start)s AND start < %(stop)s
UNION
SELECT series_id FROM text_pack WHERE start >= %(start)s AND start < %(stop)s
UNION
SELECT series_id FROM late_reading WHERE time >= %(start)s AND time < %(stop)s
UNION
SELECT series_id FROM late_text_reading WHERE time >= %(start)s AND time < %(stop)s
LIMIT %(limit)s

-- name: allow_rows
-- Lets this transaction write into the partitions of packed days.
SELECT set_config('pulseboard.unpacking', 'on', true)

-- name: only_move
-- What this transaction deletes from one place it stores in another: who copies readings to somewhere
-- else meanwhile need not do it again.
SELECT set_config('pulseboard.repacking', 'on', true)

-- name: keep_last_packed
-- Keeps the newest number in packs and of late ones of each series before a moment, where nothing
-- newer of it is kept.
INSERT INTO last_reading AS kept (series_id, time, value)
SELECT DISTINCT ON (series_id) series_id, time, value
FROM (
    SELECT series_id, stop AS time, last AS value FROM reading_pack WHERE start < %(cutoff)s
    UNION ALL
    SELECT series_id, time, value FROM late_reading WHERE time < %(cutoff)s
) AS packed
JOIN telemetry_series AS series ON series.id = packed.series_id
ORDER BY series_id, time DESC
ON CONFLICT (series_id) DO UPDATE SET time = excluded.time, value = excluded.value, text = NULL
WHERE excluded.time > kept.time

-- name: keep_last_packed_text
-- The same of texts.
INSERT INTO last_reading AS kept (series_id, time, text)
SELECT DISTINCT ON (series_id) series_id, time, value
FROM (
    SELECT series_id, stop AS time, last AS value FROM text_pack WHERE start < %(cutoff)s
    UNION ALL
    SELECT series_id, time, value FROM late_text_reading WHERE time < %(cutoff)s
) AS packed
JOIN telemetry_series AS series ON series.id = packed.series_id
ORDER BY series_id, time DESC
ON CONFLICT (series_id) DO UPDATE SET time = excluded.time, value = NULL, text = excluded.text
WHERE excluded.time > kept.time

-- name: forget_packed_days
-- Forgets the days before one.
DELETE FROM packed_day WHERE day < %(day)s RETURNING day

-- name: delete_packs
-- Deletes the packs of a series that begin before a moment, a midnight or infinity, and has their days
-- count fewer; how many readings and texts that are.
WITH gone AS (
    DELETE FROM reading_pack WHERE series_id = %(series_id)s AND start < %(stop)s
    RETURNING start, count
), texts AS (
    DELETE FROM text_pack WHERE series_id = %(series_id)s AND start < %(stop)s
    RETURNING start, count
), counted AS (
    UPDATE packed_day SET readings = greatest(0, packed_day.readings - less.readings)
    FROM (
        SELECT (start AT TIME ZONE 'UTC')::date AS day, sum(count)::bigint AS readings
        FROM (SELECT * FROM gone UNION ALL SELECT * FROM texts) AS each
        GROUP BY 1
    ) AS less
    WHERE packed_day.day = less.day
)
SELECT coalesce(sum(count), 0)::bigint FROM (SELECT * FROM gone UNION ALL SELECT * FROM texts) AS each
