-- name: move_mark
-- How far somebody has read a stream, unless they had read further.
INSERT INTO shiftlog_readmark AS mark (user_id, stream, place, updated_at)
VALUES (%(user)s, %(stream)s, %(place)s, %(now)s)
ON CONFLICT (user_id, stream) DO UPDATE SET place = excluded.place, updated_at = excluded.updated_at
WHERE mark.place < excluded.place
