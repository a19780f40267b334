-- name: list_unregistered
-- Senders in quarantine that no device is registered for, last heard first, up to a limit.
SELECT
    kept.uid,
    count(*) AS messages,
    min(kept.received_at) AS first_seen,
    max(kept.received_at) AS last_seen,
    -- Its newest telemetry, which says more than `online`.
    coalesce(max(kept.id) FILTER (WHERE kept.topic NOT LIKE '%%/status'), max(kept.id)) AS sample,
    count(*) OVER () AS total
FROM telemetry_quarantinedmessage AS kept
WHERE kept.uid <> ''
    AND NOT EXISTS (SELECT FROM devices_device AS device WHERE device.uid = kept.uid)
GROUP BY kept.uid
ORDER BY last_seen DESC, kept.uid
LIMIT %(limit)s

-- name: count_reasons
-- How many messages of each of some senders are in quarantine for each reason.
SELECT uid, reason, count(*)
FROM telemetry_quarantinedmessage
WHERE uid = ANY (%(uids)s::text[])
GROUP BY uid, reason
ORDER BY uid, reason
