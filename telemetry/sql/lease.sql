-- name: hold_lease
-- Take a worker's name for so many seconds, or longer; no row when another has it.
INSERT INTO ingest_lease AS lease (name, owner, expires_at)
VALUES (%(name)s, %(owner)s, now() + make_interval(secs => %(seconds)s))
ON CONFLICT (name) DO UPDATE
SET owner = excluded.owner, expires_at = excluded.expires_at
WHERE lease.owner = excluded.owner OR lease.expires_at < now()
RETURNING true

-- name: release_lease
-- Let the next process have a worker's name at once.
DELETE FROM ingest_lease WHERE name = %(name)s AND owner = %(owner)s
