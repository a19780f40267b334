-- name: list_deleted_series
-- Series that were deleted and whose readings may still be there, oldest first, up to a limit.
SELECT series_id FROM deleted_series ORDER BY deleted_at, series_id LIMIT %(limit)s

-- name: forget_deleted_series
-- Forgets those of the series that were deleted before a moment: nothing writes to them any more.
DELETE FROM deleted_series
WHERE series_id = ANY (%(series)s::int[]) AND deleted_at < %(before)s

-- name: forget_last_readings
-- Deletes the newest readings kept of series, and word of what went of them.
WITH forgotten AS (DELETE FROM series_retention WHERE series_id = ANY (%(series)s::int[]))
DELETE FROM last_reading WHERE series_id = ANY (%(series)s::int[])

-- name: fetch_floors
-- Before which moments readings, and summaries of minutes, may be gone.
SELECT greatest(raw_floor, raw_held), minute_floor FROM retention_state

-- name: fetch_clock
-- The database's clock, and what it was when retention last believed it.
SELECT now(), (SELECT clock FROM retention_state)

-- name: fetch_newest_day
-- The newest day that was measured, and whether its readings are kept.
SELECT max(bucket), max(bucket) >= (SELECT raw_floor FROM retention_state) FROM rollup_1d

-- name: fetch_rules_changed
-- When the rules of retention were changed last.
SELECT rules_changed FROM retention_state

-- name: believe_clock
-- Notes the clock that retention goes by.
UPDATE retention_state SET clock = %(now)s

-- name: fetch_oldest_dirty_minute
-- The oldest minute whose only copy is its readings, if any: it waits on the list or in the log.
-- Not what is being dropped already.
SELECT min(minute) FROM (
    SELECT minute FROM dirty_minute
    UNION ALL
    SELECT min(lower(log.spans)) FROM commit_log AS log, commit_cursor AS cursor
    WHERE cursor.reader = 'rollups' AND (log.xid, log.seq) > (cursor.xid, cursor.seq)
) AS waiting
WHERE minute >= (SELECT raw_held FROM retention_state)

-- name: hold_readings
-- Has the minutes before a moment wait while their readings are dropped.
UPDATE retention_state SET raw_held = greatest(raw_held, %(cutoff)s)

-- name: raise_raw_floor
-- Notes that the readings that were held are gone.
UPDATE retention_state SET raw_floor = greatest(raw_floor, raw_held), raw_held = 'epoch'

-- name: raise_minute_floor
-- Notes that the summaries of minutes before a moment are gone.
UPDATE retention_state SET minute_floor = greatest(minute_floor, %(cutoff)s)

-- name: keep_last_reading
-- Keeps the newest number of each series in [start, stop) where nothing newer of it is kept.
INSERT INTO last_reading AS kept (series_id, time, value)
SELECT series.id, newest.time, newest.value
FROM telemetry_series AS series
CROSS JOIN LATERAL (
    SELECT time, value FROM reading
    WHERE series_id = series.id AND time >= %(start)s AND time < %(stop)s
    ORDER BY time DESC
    LIMIT 1
) AS newest
ON CONFLICT (series_id) DO UPDATE SET time = excluded.time, value = excluded.value, text = NULL
WHERE excluded.time > kept.time

-- name: keep_last_text_reading
-- Keeps the newest text of each series in [start, stop) where nothing newer of it is kept.
INSERT INTO last_reading AS kept (series_id, time, text)
SELECT series.id, newest.time, newest.value
FROM telemetry_series AS series
CROSS JOIN LATERAL (
    SELECT time, value FROM text_reading
    WHERE series_id = series.id AND time >= %(start)s AND time < %(stop)s
    ORDER BY time DESC
    LIMIT 1
) AS newest
ON CONFLICT (series_id) DO UPDATE SET time = excluded.time, value = NULL, text = excluded.text
WHERE excluded.time > kept.time
