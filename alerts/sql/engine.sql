-- name: say_process
-- A process that judges is there.
INSERT INTO alerts_engineprocess (name, seen_at) VALUES (%(name)s, clock_timestamp())
ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at

-- name: list_processes
-- The processes that were there lately, in order. What a clock that was set back leaves in the
-- future is not there.
SELECT name FROM alerts_engineprocess
WHERE seen_at BETWEEN clock_timestamp() - make_interval(secs => %(seconds)s)
    AND clock_timestamp() + make_interval(secs => %(seconds)s)
ORDER BY name COLLATE "C"

-- name: forget_process
-- A process has ended, and so have those that nobody has heard of for a day.
DELETE FROM alerts_engineprocess
WHERE name = %(name)s OR seen_at < clock_timestamp() - interval '1 day'

-- name: make_share
-- Makes the row of a share.
INSERT INTO alerts_engineshare (number, version, holder) VALUES (%(number)s, 0, '')
ON CONFLICT (number) DO NOTHING

-- name: lock_share
-- A share for the one process that works at it now; no row while another does.
SELECT version, judged_at, holder FROM alerts_engineshare WHERE number = %(number)s FOR UPDATE SKIP LOCKED

-- name: note_share
-- What was done of a share, and by whom.
UPDATE alerts_engineshare SET version = %(version)s, holder = %(holder)s, judged_at = %(judged)s
WHERE number = %(number)s

-- name: fetch_judged
-- Up to when every share was judged, or since when a share waits that never was.
SELECT count(*), min(judged_at) FROM alerts_engineshare

-- name: count_offline
-- Of each site with a device that a rule calls silent or offline now: its devices, and those.
SELECT device.site_id, count(*), count(*) FILTER (WHERE EXISTS (
    SELECT FROM alerts_alert AS alert
    JOIN alerts_alertrule AS rule ON rule.id = alert.rule_id
    WHERE alert.device_id = device.id AND alert.cleared_at IS NULL AND alert.metric = ''
        AND rule.condition->>'type' IN ('offline', 'silent')
))
FROM devices_device AS device
WHERE device.enabled AND device.removed_at IS NULL AND device.site_id IN (
    SELECT site_id FROM alerts_alert WHERE cleared_at IS NULL AND metric = '' AND uid <> ''
)
GROUP BY device.site_id
