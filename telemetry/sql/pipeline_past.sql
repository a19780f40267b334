-- name: note_pipeline_minute
-- What a worker has counted by now, as that of the present minute. Once a second: what it says again, or says late, changes nothing twice, for these are totals.
INSERT INTO telemetry_pipelineminute AS kept
    (minute, worker, process, up_ms, finished, readings, rejected, lag_ms, spooled)
VALUES (
    date_trunc('minute', clock_timestamp()), %(worker)s, %(process)s, %(up_ms)s, %(finished)s,
    %(readings)s, %(rejected)s, %(lag_ms)s, %(spooled)s
)
ON CONFLICT (minute, worker, process) DO UPDATE SET
    up_ms = excluded.up_ms, finished = excluded.finished, readings = excluded.readings,
    rejected = excluded.rejected, lag_ms = greatest(kept.lag_ms, excluded.lag_ms),
    spooled = greatest(kept.spooled, excluded.spooled)

-- name: read_pipeline_minutes
-- Of each minute in [start, stop) that a worker speaks for: the messages that were finished, the readings that were stored and the messages refused in it, of all workers, the longest lag, and the most that lay in the spools.
WITH sample AS (
    SELECT minute, up_ms, finished, readings, rejected, lag_ms, spooled,
        lag(up_ms) OVER one AS up_before, lag(finished, 1, 0::bigint) OVER one AS finished_before,
        lag(readings, 1, 0::bigint) OVER one AS readings_before,
        lag(rejected, 1, 0::bigint) OVER one AS rejected_before
    FROM telemetry_pipelineminute
    WHERE minute >= %(start)s AND minute < %(stop)s
    -- A process counts from zero. Not by the minute: the clock that gave it may have been set back.
    WINDOW one AS (PARTITION BY worker, process ORDER BY up_ms)
), grown AS (
    SELECT minute, lag_ms, spooled,
        (finished - finished_before)::float8 AS finished,
        (readings - readings_before)::float8 AS readings,
        (rejected - rejected_before)::float8 AS rejected,
        -- One that could not write for a while speaks for all of it.
        greatest(1, round((up_ms - coalesce(up_before, 0)) / 60000.0))::int AS minutes
    FROM sample
    -- The first row of one that ran before the window only says from where it counts on.
    WHERE up_before IS NOT NULL OR minute - up_ms * interval '1 ms' >= %(start)s
)
SELECT minute - back * interval '1 min' AS spoken_for, sum(finished / minutes),
    sum(readings / minutes), sum(rejected / minutes), max(lag_ms), sum(spooled)::bigint
FROM grown, generate_series(0, minutes - 1) AS back
WHERE minute - back * interval '1 min' >= %(start)s
GROUP BY spoken_for
ORDER BY spoken_for

-- name: forget_pipeline_minutes
-- Deletes what workers counted before a moment.
DELETE FROM telemetry_pipelineminute WHERE minute < %(before)s
