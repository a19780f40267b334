-- name: note_session
-- Notes a worker's session, with what it is about to subscribe; its id, and all it may have.
INSERT INTO ingest_session AS kept (worker, client_id, filters)
VALUES (%(worker)s, %(client_id)s, %(filters)s::text[])
ON CONFLICT (worker) DO UPDATE
SET filters = ARRAY(SELECT DISTINCT unnest(kept.filters || excluded.filters) ORDER BY 1)
RETURNING client_id, filters

-- name: add_filters
-- Notes what a worker's session is about to subscribe beside what it has.
UPDATE ingest_session
SET filters = ARRAY(SELECT DISTINCT unnest(filters || %(filters)s::text[]) ORDER BY 1)
WHERE worker = %(worker)s

-- name: claim_sweep
-- Makes the worker the one of its group that fetches what the broker kept, unless one just did.
INSERT INTO ingest_sweep AS last (name, worker, at) VALUES (%(group)s, %(worker)s, now())
ON CONFLICT (name) DO UPDATE SET worker = excluded.worker, at = now()
WHERE last.worker = excluded.worker OR last.at < now() - make_interval(secs => %(seconds)s)
RETURNING name

-- name: narrow_session
-- Notes that a worker's session has these subscriptions and no others.
UPDATE ingest_session SET filters = %(filters)s::text[] WHERE worker = %(worker)s

-- name: forget_session
-- Forgets a session that was ended at the broker.
DELETE FROM ingest_session WHERE worker = %(worker)s
