-- name: count_by_hour
-- How many numbers were stored of each hour in [start, stop), of devices that stand at a site.
SELECT hours.bucket, sum(hours.count)::bigint
FROM rollup_1h AS hours
JOIN telemetry_series AS series ON series.id = hours.series_id
JOIN devices_device AS device ON device.id = series.device_id
WHERE device.site_id = %(site)s AND device.removed_at IS NULL
    AND hours.bucket >= %(start)s AND hours.bucket < %(stop)s
GROUP BY hours.bucket
ORDER BY hours.bucket
