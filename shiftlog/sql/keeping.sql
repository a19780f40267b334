-- name: forget_entries
-- Deletes a bounded number of old entries with all that belongs to them. A thread goes as a whole, by its newest entry; what is pinned stays.
WITH old AS MATERIALIZED (
    SELECT id FROM shiftlog_entry AS root
    WHERE created_at < %(noted)s AND thread_id IS NULL
        AND (kind <> 'said' OR created_at < %(said)s)
        AND NOT EXISTS (
            SELECT FROM shiftlog_entry AS each
            WHERE (each.thread_id = root.id OR each.id = root.id) AND (
                each.pinned
                OR each.created_at >= %(noted)s
                OR (each.kind = 'said' AND each.created_at >= %(said)s)
            )
        )
    ORDER BY id LIMIT %(limit)s
), gone AS MATERIALIZED (
    SELECT id FROM old
    UNION ALL
    SELECT reply.id FROM shiftlog_entry AS reply JOIN old ON reply.thread_id = old.id
), mentions AS (
    DELETE FROM shiftlog_mention WHERE entry_id IN (SELECT id FROM gone)
), reactions AS (
    DELETE FROM shiftlog_reaction WHERE entry_id IN (SELECT id FROM gone)
), formers AS (
    DELETE FROM shiftlog_former WHERE entry_id IN (SELECT id FROM gone)
), replies AS (
    DELETE FROM shiftlog_entry WHERE thread_id IN (SELECT id FROM old)
)
DELETE FROM shiftlog_entry WHERE id IN (SELECT id FROM old)
