-- name: note_worked
-- A step of a follower ended well.
INSERT INTO telemetry_followerrun (name, worked_at) VALUES (%(name)s, clock_timestamp())
ON CONFLICT (name) DO UPDATE SET worked_at = excluded.worked_at

-- name: note_follower_failed
-- A step of a follower failed.
INSERT INTO telemetry_followerrun (name, failed_at, error)
VALUES (%(name)s, clock_timestamp(), %(error)s)
ON CONFLICT (name) DO UPDATE SET failed_at = excluded.failed_at, error = excluded.error
