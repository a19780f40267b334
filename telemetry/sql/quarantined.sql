-- name: find_kept
-- Messages in quarantine that came at one of these instants, or partly bad ones of these senders.
SELECT received_at, topic, md5(payload), partial
FROM telemetry_quarantinedmessage
WHERE received_at = ANY (%(received)s::timestamptz[])
    OR (uid = ANY (%(uids)s::text[]) AND partial)
