-- name: claim
-- Channels that have something to be sent now and that no process sends to, with the first of each.
SELECT channel.id, channel.lane, channel.failures, first.id
FROM notifications_channel AS channel
CROSS JOIN LATERAL (
    SELECT id, due_at FROM notifications_notification
    WHERE channel_id = channel.id AND state = 'waiting' AND try_at <= now()
    ORDER BY due_at, id LIMIT 1
) AS first
WHERE channel.enabled
    AND (channel.leased_until IS NULL OR channel.leased_until < now())
    AND (channel.resting_until IS NULL OR channel.resting_until <= now())
    AND channel.lane <> ALL(%(full)s)
    AND (channel.failures = 0 OR %(doubtful)s)
ORDER BY channel.failures > 0, first.due_at, first.id
LIMIT %(limit)s
FOR NO KEY UPDATE OF channel SKIP LOCKED

-- name: lease
-- These channels are one process's for so many seconds.
UPDATE notifications_channel
SET leased_by = %(owner)s, leased_until = now() + make_interval(secs => %(seconds)s)
WHERE id = ANY(%(ids)s)

-- name: note_attempt
-- What an attempt says of its channel; the lease ends, if it is still ours.
UPDATE notifications_channel
SET failures = CASE WHEN %(failed)s THEN failures + 1 ELSE 0 END,
    resting_until = now() + make_interval(secs => %(rest)s),
    reached_at = CASE WHEN %(taken)s THEN now() ELSE reached_at END,
    trouble = %(trouble)s,
    enabled = enabled AND NOT %(gone)s,
    leased_until = CASE WHEN leased_by = %(owner)s THEN NULL ELSE leased_until END,
    leased_by = CASE WHEN leased_by = %(owner)s THEN '' ELSE leased_by END
WHERE id = %(channel)s

-- name: note_result
-- What became of a notification. One that was withdrawn meanwhile and was sent all the same was sent.
UPDATE notifications_notification
SET attempts = attempts + 1,
    state = CASE WHEN %(taken)s THEN 'sent' WHEN state <> 'waiting' THEN state
                 WHEN %(ends)s THEN 'failed' ELSE 'waiting' END,
    ended_at = CASE WHEN %(taken)s OR %(ends)s THEN coalesce(ended_at, now()) ELSE ended_at END,
    try_at = now() + make_interval(secs => %(postpone)s)
WHERE id = %(notification)s

-- name: count_waiting
-- By kind: how many wait that are due, and for how many seconds the oldest has.
SELECT kind, count(*), extract(epoch FROM now() - min(due_at))::float8
FROM notifications_notification WHERE state = 'waiting' AND due_at <= now() GROUP BY kind

-- name: give_up
-- What nobody can be told any more: it is too old, or its channel is gone.
UPDATE notifications_notification
SET state = CASE WHEN channel_id IS NULL THEN 'withdrawn' ELSE 'failed' END, ended_at = now()
WHERE state = 'waiting'
    AND (channel_id IS NULL OR due_at < now() - make_interval(secs => %(seconds)s))

