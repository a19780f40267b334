-- name: list_rules
-- Every rule of retention: what it is of, and the days.
SELECT site_id, kind, device_id, series_id, raw_days, minute_days, hour_days, day_days
FROM telemetry_retentionrule

-- name: fetch_keeping
-- Of some series what rules may be of, before which moments something may be gone, and before which
-- something of the series itself was removed.
SELECT series.id, device.site_id, device.kind, device.id,
    greatest(gone.raw_floor, state.raw_floor, state.raw_held),
    greatest(gone.minute_floor, state.minute_floor),
    coalesce(gone.hour_floor, 'epoch'),
    coalesce(gone.day_floor, 'epoch'),
    greatest(gone.raw_floor, gone.minute_floor, gone.hour_floor, gone.day_floor, 'epoch')
FROM telemetry_series AS series
JOIN devices_device AS device ON device.id = series.device_id
CROSS JOIN retention_state AS state
LEFT JOIN series_retention AS gone ON gone.series_id = series.id
WHERE series.id = ANY (%(series)s::int[])

-- name: fetch_latest_floor
-- The database's clock, and before which moment something of any single series was removed.
SELECT now(), coalesce(
    max(greatest(raw_floor, minute_floor, hour_floor, day_floor)), 'epoch'
) FROM series_retention

-- name: list_owned
-- The series that a rule of one site, kind, device or series is of, and what else rules may be of.
SELECT series.id, device.site_id, device.kind, device.id
FROM telemetry_series AS series
JOIN devices_device AS device ON device.id = series.device_id
WHERE device.removed_at IS NULL AND (
    device.site_id = %(site)s OR device.kind = %(of_kind)s OR device.id = %(device)s
    OR series.id = %(of_series)s
)

-- name: count_between
-- By days (UTC): how many numbers some series have in [from, to), the first of these days, how many
-- days, and of how many series.
SELECT coalesce(sum(count), 0)::bigint, min(bucket), count(DISTINCT bucket),
    count(DISTINCT series_id)
FROM rollup_1d
WHERE series_id = ANY (%(series)s::int[]) AND bucket >= %(start)s AND bucket < %(stop)s
