-- name: add_job
-- Makes the row of a job.
INSERT INTO telemetry_jobrun (name) VALUES (%(name)s) ON CONFLICT DO NOTHING

-- name: take_job
-- Takes a job that is due and that nobody holds. A clock that was set back must not make it wait
-- for longer than it ever should.
UPDATE telemetry_jobrun
SET holder = %(holder)s, started_at = clock_timestamp(),
    held_until = clock_timestamp() + make_interval(secs => %(held)s)
WHERE name = %(name)s
    AND (
        holder IN ('', %(holder)s) OR held_until <= clock_timestamp()
        OR held_until > clock_timestamp() + make_interval(secs => %(held)s)
    )
    AND (
        due_at IS NULL OR due_at <= clock_timestamp()
        OR due_at > clock_timestamp() + make_interval(secs => %(every)s)
    )
RETURNING failures_in_row

-- name: fetch_wait
-- The seconds until a job is due and free.
SELECT coalesce(
    extract(epoch FROM greatest(due_at, CASE WHEN holder <> '' THEN held_until END)
        - clock_timestamp()), 0
)::float8
FROM telemetry_jobrun WHERE name = %(name)s

-- name: fetch_idle
-- For how many seconds no job has ended well, in any process; before the first has, for how many the
-- oldest commit waits for one. None of anything: null.
SELECT extract(epoch FROM clock_timestamp() - coalesce(
    (SELECT max(succeeded_at) FROM telemetry_jobrun),
    (SELECT committed_at FROM commit_log ORDER BY commit_log.xid, seq LIMIT 1)
))::float8

-- name: note_success
-- The job is done, and due again after a while.
UPDATE telemetry_jobrun
SET holder = '', succeeded_at = clock_timestamp(), failures_in_row = 0, runs = runs + 1,
    seconds = %(seconds)s, due_at = clock_timestamp() + make_interval(secs => %(wait)s),
    did = CASE WHEN %(did)s = '' THEN did ELSE %(did)s END,
    did_at = CASE WHEN %(did)s = '' THEN did_at ELSE clock_timestamp() END
WHERE name = %(name)s AND holder = %(holder)s

-- name: note_failure
-- The job failed, and is due again after a shorter while.
UPDATE telemetry_jobrun
SET holder = '', failed_at = clock_timestamp(), error = %(error)s, failures = failures + 1,
    failures_in_row = failures_in_row + 1, seconds = %(seconds)s,
    due_at = clock_timestamp() + make_interval(secs => %(wait)s)
WHERE name = %(name)s AND holder = %(holder)s

-- name: let_go
-- The process that holds the job ends.
UPDATE telemetry_jobrun SET holder = '' WHERE name = %(name)s AND holder = %(holder)s
