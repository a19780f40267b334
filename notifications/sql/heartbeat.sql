-- name: fetch_follower_ages
-- For how many seconds each follower has done no step that ended well, in any process.
SELECT name, extract(epoch FROM now() - worked_at)::float8 FROM telemetry_followerrun

-- name: count_overdue
-- What has waited for so many seconds though its channel is there and does not rest.
SELECT count(*) FROM notifications_notification AS waiting
JOIN notifications_channel AS channel ON channel.id = waiting.channel_id
WHERE waiting.state = 'waiting' AND waiting.try_at < now() - make_interval(secs => %(seconds)s)
    AND channel.enabled AND channel.failures = 0
