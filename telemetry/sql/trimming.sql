-- name: list_owners
-- Of every series what rules may be of, but those whose device was changed since a moment: a writer may
-- not know yet which rule holds for them.
SELECT series.id, device.site_id, device.kind, device.id
FROM telemetry_series AS series
JOIN devices_device AS device ON device.id = series.device_id
WHERE device.updated_at < %(changed_before)s
ORDER BY series.id

-- name: hold_state
-- Nobody corrects or computes readings until the transaction ends.
SELECT FROM retention_state FOR NO KEY UPDATE

-- name: raise_series_floors
-- Notes that what is older is removed of those of these series that have something older; which they
-- are.
INSERT INTO series_retention AS kept (series_id, raw_floor, minute_floor, hour_floor, day_floor)
SELECT asked.id,
    CASE WHEN raw.there THEN %(raw)s ELSE 'epoch' END,
    CASE WHEN minute.there THEN %(minutes_from)s ELSE 'epoch' END,
    CASE WHEN hour.there THEN %(hours)s ELSE 'epoch' END,
    CASE WHEN day.there THEN %(days_from)s ELSE 'epoch' END
FROM unnest(%(series)s::int[]) AS asked (id)
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT FROM reading_pack WHERE series_id = asked.id AND start < %(raw)s
    ) OR EXISTS (
        SELECT FROM reading WHERE series_id = asked.id AND time < %(raw)s
    ) OR EXISTS (
        SELECT FROM late_reading WHERE series_id = asked.id AND time < %(raw)s
    ) OR EXISTS (
        SELECT FROM text_pack WHERE series_id = asked.id AND start < %(raw)s
    ) OR EXISTS (
        SELECT FROM text_reading WHERE series_id = asked.id AND time < %(raw)s
    ) OR EXISTS (
        SELECT FROM late_text_reading WHERE series_id = asked.id AND time < %(raw)s
    ) AS there
) AS raw
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT FROM rollup_1m WHERE series_id = asked.id AND bucket < %(minutes_from)s
    ) AS there
) AS minute
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT FROM rollup_1h WHERE series_id = asked.id AND bucket < %(hours)s
    ) AS there
) AS hour
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT FROM rollup_1d WHERE series_id = asked.id AND bucket < %(days_from)s
    ) AS there
) AS day
WHERE raw.there OR minute.there OR hour.there OR day.there
ON CONFLICT (series_id) DO UPDATE SET
    raw_floor = greatest(kept.raw_floor, excluded.raw_floor),
    minute_floor = greatest(kept.minute_floor, excluded.minute_floor),
    hour_floor = greatest(kept.hour_floor, excluded.hour_floor),
    day_floor = greatest(kept.day_floor, excluded.day_floor)
RETURNING series_id

-- name: keep_last_numbers
-- Keeps the newest number of each of these series before a moment, where nothing newer of it is kept.
INSERT INTO last_reading AS kept (series_id, time, value)
SELECT asked.id, newest.time, newest.value
FROM unnest(%(series)s::int[]) AS asked (id)
CROSS JOIN LATERAL (
    SELECT time, value FROM (
        (
            SELECT time, value FROM reading
            WHERE series_id = asked.id AND time < %(cutoff)s
            ORDER BY time DESC
            LIMIT 1
        )
        UNION ALL
        (
            SELECT time, value FROM late_reading
            WHERE series_id = asked.id AND time < %(cutoff)s
            ORDER BY time DESC
            LIMIT 1
        )
        UNION ALL
        (
            SELECT stop, last FROM reading_pack
            WHERE series_id = asked.id AND start < %(cutoff)s
            ORDER BY start DESC
            LIMIT 1
        )
    ) AS either
    ORDER BY time DESC
    LIMIT 1
) AS newest
ON CONFLICT (series_id) DO UPDATE SET time = excluded.time, value = excluded.value, text = NULL
WHERE excluded.time > kept.time

-- name: keep_last_texts
-- The same of texts.
INSERT INTO last_reading AS kept (series_id, time, text)
SELECT asked.id, newest.time, newest.value
FROM unnest(%(series)s::int[]) AS asked (id)
CROSS JOIN LATERAL (
    SELECT time, value FROM (
        (
            SELECT time, value FROM text_reading
            WHERE series_id = asked.id AND time < %(cutoff)s
            ORDER BY time DESC
            LIMIT 1
        )
        UNION ALL
        (
            SELECT time, value FROM late_text_reading
            WHERE series_id = asked.id AND time < %(cutoff)s
            ORDER BY time DESC
            LIMIT 1
        )
        UNION ALL
        (
            SELECT stop, last FROM text_pack
            WHERE series_id = asked.id AND start < %(cutoff)s
            ORDER BY start DESC
            LIMIT 1
        )
    ) AS either
    ORDER BY time DESC
    LIMIT 1
) AS newest
ON CONFLICT (series_id) DO UPDATE SET time = excluded.time, value = NULL, text = excluded.text
WHERE excluded.time > kept.time

-- name: trim_numbers
-- Deletes numbers of some series in [start, stop), at most so many.
DELETE FROM reading
WHERE time >= %(start)s AND time < %(stop)s AND (series_id, time) IN (
    SELECT series_id, time FROM reading
    WHERE series_id = ANY (%(series)s::int[]) AND time >= %(start)s AND time < %(stop)s
    LIMIT %(limit)s
)

-- name: trim_texts
-- Deletes texts of some series in [start, stop), at most so many.
DELETE FROM text_reading
WHERE time >= %(start)s AND time < %(stop)s AND (series_id, time) IN (
    SELECT series_id, time FROM text_reading
    WHERE series_id = ANY (%(series)s::int[]) AND time >= %(start)s AND time < %(stop)s
    LIMIT %(limit)s
)
