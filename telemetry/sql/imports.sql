-- name: lock_import
-- True for the one session that may import a file, until it lets go.
SELECT pg_try_advisory_lock(%(key)s::int, %(file)s::int)

-- name: unlock_import
-- Lets go of the file.
SELECT pg_advisory_unlock(%(key)s::int, %(file)s::int)
