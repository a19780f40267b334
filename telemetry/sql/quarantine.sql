-- name: list_unregistered
-- Senders in quarantine that no device is registered for, up to a limit: last heard first, or, for
-- who walks them all, by uid from one on. Whose topics nobody reads is helped by no registration.
SELECT
    kept.uid,
    count(*) AS messages,
    min(kept.received_at) AS first_seen,
    max(kept.received_at) AS last_seen,
    -- Its newest telemetry, which says more than `online`.
    coalesce(max(kept.id) FILTER (WHERE kept.topic NOT LIKE '%%/status'), max(kept.id)) AS sample
FROM telemetry_quarantinedmessage AS kept
WHERE kept.uid > coalesce(%(after)s::text, '')
    AND kept.reason <> 'unknown_topic'
    AND NOT EXISTS (SELECT FROM devices_device AS device WHERE device.uid = kept.uid)
GROUP BY kept.uid
ORDER BY
    CASE WHEN %(after)s::text IS NULL THEN max(kept.received_at) END DESC, kept.uid
LIMIT %(limit)s

-- name: count_reasons
-- How many messages of each of some senders are in quarantine for each reason.
SELECT uid, reason, count(*)
FROM telemetry_quarantinedmessage
WHERE uid = ANY (%(uids)s::text[])
GROUP BY uid, reason
ORDER BY uid, reason

-- name: count_unregistered
-- How many senders in quarantine no device is registered for.
SELECT count(DISTINCT kept.uid) FROM telemetry_quarantinedmessage AS kept
WHERE kept.uid <> ''
    AND kept.reason <> 'unknown_topic'
    AND NOT EXISTS (SELECT FROM devices_device AS device WHERE device.uid = kept.uid)

-- name: list_excess
-- Messages that are too many, or of too many bytes. What is kept is shared out: of
-- every sender and reason first the newest message, then of each that has more the second newest.
-- So whoever floods loses its own. Strangers have a share of their own, for they cost nothing to
-- invent; who names no device counts as its topic.
SELECT id FROM (
    SELECT id, registered,
        row_number() OVER fair AS messages,
        sum(size) OVER fair AS bytes
    FROM (
        SELECT kept.id,
            device.id IS NOT NULL AS registered,
            least(kept.payload_size, %(kept)s) AS size,
            row_number() OVER (
                PARTITION BY kept.uid, kept.reason, CASE kept.uid WHEN '' THEN kept.topic END
                ORDER BY kept.id DESC
            ) AS nth
        FROM telemetry_quarantinedmessage AS kept
        LEFT JOIN devices_device AS device ON device.uid = kept.uid
    ) AS numbered
    WINDOW fair AS (PARTITION BY registered ORDER BY nth, id DESC)
) AS counted
WHERE messages > CASE WHEN registered THEN %(messages)s ELSE %(strange_messages)s END
    OR bytes > CASE WHEN registered THEN %(bytes)s ELSE %(strange_bytes)s END
