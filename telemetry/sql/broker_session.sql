-- name: note_session
-- Notes a worker's session, with what it is about to subscribe; its id, and all it may have.
INSERT INTO ingest_session AS kept (worker, client_id, filters)
VALUES (%(worker)s, %(client_id)s, %(filters)s::text[])
ON CONFLICT (worker) DO UPDATE
SET filters = ARRAY(SELECT DISTINCT unnest(kept.filters || excluded.filters) ORDER BY 1)
RETURNING client_id, filters

-- name: narrow_session
-- Notes that a worker's session has these subscriptions and no others.
UPDATE ingest_session SET filters = %(filters)s::text[] WHERE worker = %(worker)s

-- name: forget_session
-- Forgets a session that was ended at the broker.
DELETE FROM ingest_session WHERE worker = %(worker)s
