-- name: note_commit
-- Says in the transaction that writes readings which series they are of, and of which times. The mark
-- of the corrections comes back, so that asking for it costs a batch no trip to the server.
INSERT INTO commit_log (series, spans, imported)
VALUES (%(series_ids)s, %(spans)s::tstzmultirange, %(imported)s)
RETURNING (SELECT corrections FROM retention_state)

-- name: add_reader
-- Has a new reader begin with what has not ended yet.
INSERT INTO commit_cursor (reader, xid, seq, server)
SELECT %(reader)s, pg_snapshot_xmin(pg_current_snapshot()), 0, system_identifier
FROM pg_control_system()
ON CONFLICT (reader) DO NOTHING

-- name: lock_cursor
-- Where a reader is, for the one caller that may read on; no row while another does.
SELECT xid::text, seq, server = (SELECT system_identifier FROM pg_control_system())
FROM commit_cursor WHERE reader = %(reader)s FOR UPDATE SKIP LOCKED

-- name: list_commits
-- The next commits after a place. A transaction that still runs may yet write a row of a lower id:
-- nothing from the oldest one on is taken. `ORDER BY xid` alone would mean the text that is given
-- back, by which 1000 comes before 999.
SELECT log.xid::text, log.seq, log.series, log.spans, log.committed_at, log.commits, log.imported
FROM commit_log AS log
WHERE (log.xid, log.seq) > (%(xid)s::xid8, %(seq)s)
    AND log.xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY log.xid, log.seq
LIMIT %(limit)s

-- name: move_cursor
-- Notes how far a reader has come.
UPDATE commit_cursor SET xid = %(xid)s::xid8, seq = %(seq)s WHERE reader = %(reader)s

-- name: drop_reader
-- A reader that comes no more must not keep the log.
DELETE FROM commit_cursor WHERE reader = %(reader)s

-- name: restamp_commits
-- Gives what came along in a dump to the transaction that runs.
UPDATE commit_log SET xid = pg_current_xact_id()

-- name: restart_cursors
-- Has every reader begin anew on the server it is on now.
UPDATE commit_cursor SET xid = '0', seq = 0,
    server = (SELECT system_identifier FROM pg_control_system())

-- name: forget_commits
-- Deletes what every reader has read.
DELETE FROM commit_log AS log
WHERE NOT EXISTS (
    SELECT FROM commit_cursor AS cursor WHERE (cursor.xid, cursor.seq) < (log.xid, log.seq)
)

-- name: measure_backlog
-- How many commits a reader has not read yet, and the seconds since the oldest of them.
SELECT coalesce(sum(log.commits), 0), coalesce(extract(epoch FROM now() - min(log.committed_at)), 0)::float8
FROM commit_log AS log, commit_cursor AS cursor
WHERE cursor.reader = %(reader)s AND (log.xid, log.seq) > (cursor.xid, cursor.seq)

-- name: lock_cursors
-- Holds every reader that reads nothing now; how many read.
SELECT (SELECT count(*) FROM commit_cursor) - count(*)
FROM (SELECT FROM commit_cursor FOR UPDATE SKIP LOCKED) AS held

-- name: find_merged
-- The newest row that stands for several commits.
SELECT xid::text, seq FROM commit_log WHERE commits > 1 ORDER BY commit_log.xid DESC, seq DESC LIMIT 1

-- name: list_waiting
-- The oldest commits after a place, none newer than a moment: the minute each was made in, how many
-- readers have it before them, and whether it was of an import.
SELECT log.xid::text, log.seq, log.series, log.spans, log.committed_at, log.commits,
    date_trunc('minute', log.committed_at, 'UTC'), (
        SELECT count(*) FROM commit_cursor AS cursor
        WHERE (cursor.xid, cursor.seq) < (log.xid, log.seq)
    ), log.imported
FROM commit_log AS log
WHERE (log.xid, log.seq) > (%(xid)s::xid8, %(seq)s)
    AND log.xid < pg_snapshot_xmin(pg_current_snapshot()) AND log.committed_at < %(before)s
ORDER BY log.xid, log.seq
LIMIT %(limit)s

-- name: merge_commits
-- Has the last row of several say what all of them say.
UPDATE commit_log SET series = %(series_ids)s, spans = %(spans)s::tstzmultirange,
    commits = %(rows)s, committed_at = %(now)s
WHERE xid = %(xid)s::xid8 AND seq = %(seq)s

-- name: delete_merged
-- Deletes the rows from the first of several to the one before their last.
DELETE FROM commit_log AS log
WHERE (log.xid, log.seq) >= (%(first_xid)s::xid8, %(first_seq)s)
    AND (log.xid, log.seq) < (%(xid)s::xid8, %(seq)s)
