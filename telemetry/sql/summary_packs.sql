-- name: take_packs_of_summaries
-- True for the one that may pack summaries until its transaction ends: nobody is just changing any.
SELECT pg_try_advisory_xact_lock(%(key)s)

-- name: list_unpacked_hours
-- Hours that are over of which minutes may be packed, the newest first.
SELECT start FROM unpacked_hour WHERE start < %(before)s AND start >= %(floor)s
ORDER BY start DESC
LIMIT %(limit)s

-- name: list_unpacked_days
-- The same of days and their hours.
SELECT start FROM unpacked_day WHERE start < %(before)s AND start >= %(floor)s
ORDER BY start DESC
LIMIT %(limit)s

-- name: pack_minutes
-- Packs the summaries of the minutes of [start, stop), one hour, of those series that have no pack.
INSERT INTO minute_pack (series_id, start, summaries)
SELECT series_id, %(start)s, string_agg(
    timestamptz_send(bucket) || float8send(sum) || int4send(count) || float8send(min)
        || float8send(max), ''::bytea ORDER BY bucket
)
FROM rollup_1m AS one
WHERE bucket >= %(start)s AND bucket < %(stop)s AND NOT EXISTS (
    SELECT FROM minute_pack WHERE series_id = one.series_id AND start = %(start)s
)
GROUP BY series_id

-- name: pack_hours
-- The same of the hours and the quarters of a day.
INSERT INTO hour_pack (series_id, start, quarters, summaries)
SELECT series_id, %(start)s, string_agg(
    timestamptz_send(quarter) || float8send(sum) || int8send(count) || float8send(min)
        || float8send(max), ''::bytea ORDER BY quarter
), string_agg(hours, ''::bytea ORDER BY quarter)
FROM (
    SELECT series_id, date_bin('6 hours', bucket, '1970-01-01Z') AS quarter, sum(sum) AS sum,
        sum(count)::bigint AS count, min(min) AS min, max(max) AS max,
        string_agg(
            timestamptz_send(bucket) || float8send(sum) || int4send(count) || float8send(min)
                || float8send(max), ''::bytea ORDER BY bucket
        ) AS hours
    FROM rollup_1h AS one
    WHERE bucket >= %(start)s AND bucket < %(stop)s AND NOT EXISTS (
        SELECT FROM hour_pack WHERE series_id = one.series_id AND start = %(start)s
    )
    GROUP BY 1, 2
) AS quarters
GROUP BY series_id

-- name: note_packed_hour
-- All series have a pack of it.
DELETE FROM unpacked_hour WHERE start = %(start)s

-- name: note_packed_day
-- All series have a pack of it.
DELETE FROM unpacked_day WHERE start = %(start)s

-- name: forget_old_minutes
-- What is too old for packs of minutes.
WITH gone AS (
    DELETE FROM unpacked_hour WHERE start < %(floor)s
)
DELETE FROM minute_pack WHERE start < %(floor)s
