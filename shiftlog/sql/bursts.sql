-- name: list_bursts
-- Of whom many messages were refused since a moment, for which reason, how many and from when on; the most first.
SELECT uid, reason, count(*) AS messages, min(received_at)
FROM telemetry_quarantinedmessage
WHERE received_at >= %(since)s
GROUP BY uid, reason
HAVING count(*) >= %(least)s
ORDER BY messages DESC, uid, reason
LIMIT %(limit)s
