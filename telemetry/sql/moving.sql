-- name: is_moving
-- Whether readings are being moved into hypertables.
SELECT to_regnamespace('pulseboard_move') IS NOT NULL

-- name: hold_begin
-- Lets one process at a time begin a move, until its transaction ends.
SELECT pg_advisory_xact_lock(%(key)s)

-- name: make_move
-- Where a move keeps how far it is, and what it copied, until it takes the place of the tables.
CREATE SCHEMA pulseboard_move;
CREATE TABLE pulseboard_move.state (
    -- What is before it was copied, from the oldest there was on.
    done_until timestamptz NOT NULL,
    stop timestamptz NOT NULL,
    start timestamptz NOT NULL,
    highest_series integer NOT NULL
);
-- Minutes whose summaries the copies may lack.
CREATE TABLE pulseboard_move.minute (minute timestamptz PRIMARY KEY);
-- Those there were when it began.
CREATE TABLE pulseboard_move.series (id integer PRIMARY KEY)

-- name: drop_never_used
-- What migration 0005 made beside the hypertables and later ones dropped.
DROP TABLE pulseboard_move.rollup_dirty, pulseboard_move.rollup_floor

-- name: fetch_edges
-- The oldest and the newest moment of packs, late readings and summaries.
SELECT min(moment), max(moment) FROM (
    SELECT min(time) AS moment FROM late_reading UNION ALL SELECT max(time) FROM late_reading
    UNION ALL SELECT min(time) FROM late_text_reading
    UNION ALL SELECT max(time) FROM late_text_reading
    UNION ALL SELECT min(start) FROM reading_pack UNION ALL SELECT max(start) FROM reading_pack
    UNION ALL SELECT min(start) FROM text_pack UNION ALL SELECT max(start) FROM text_pack
    UNION ALL SELECT min(bucket) FROM rollup_1m UNION ALL SELECT max(bucket) FROM rollup_1m
    UNION ALL SELECT min(bucket) FROM rollup_1h UNION ALL SELECT max(bucket) FROM rollup_1h
    UNION ALL SELECT min(bucket) FROM rollup_1d UNION ALL SELECT max(bucket) FROM rollup_1d
) AS edges

-- name: fetch_next
-- The next moments from one on, each of one kind of what is stored beside the partitions: each by an
-- index, for the batches wait. A pack is of one day; summaries are looked for by series.
SELECT min(time) FROM late_reading WHERE time >= %(start)s
UNION ALL SELECT min(time) FROM late_text_reading WHERE time >= %(start)s
UNION ALL SELECT min(start) FROM reading_pack WHERE start >= %(start)s
UNION ALL SELECT min(start) FROM text_pack WHERE start >= %(start)s
UNION ALL SELECT min(first.bucket) FROM telemetry_series AS one CROSS JOIN LATERAL (
    SELECT min(bucket) AS bucket FROM rollup_1m WHERE series_id = one.id AND bucket >= %(start)s
    UNION ALL
    SELECT min(bucket) FROM rollup_1h WHERE series_id = one.id AND bucket >= %(start)s
    UNION ALL
    SELECT min(bucket) FROM rollup_1d WHERE series_id = one.id AND bucket >= %(start)s
) AS first

-- name: is_begun
-- Whether it is known what is to be copied.
SELECT EXISTS (SELECT FROM pulseboard_move.state)

-- name: hold_series
-- Nobody makes or deletes a series until the transaction ends: what is listed is all there was.
LOCK TABLE telemetry_series IN SHARE MODE

-- name: begin_move
-- Notes from where to where readings and summaries are to be copied, and which series there are.
WITH known AS (
    INSERT INTO pulseboard_move.series (id) SELECT id FROM telemetry_series RETURNING id
)
INSERT INTO pulseboard_move.state (start, done_until, stop, highest_series)
SELECT %(start)s, %(start)s, %(stop)s, coalesce((SELECT max(id) FROM known), 0)

-- name: note_not_rolled_up
-- The summaries of what waits in [start, stop) to be rolled up are made after they were copied.
INSERT INTO pulseboard_move.minute (minute)
SELECT minute FROM dirty_minute WHERE minute >= %(start)s AND minute < %(stop)s
UNION
SELECT generate_series(
    date_bin('1 minute', greatest(lower(span), %(start)s), '1970-01-01Z'),
    least(upper(span), %(stop)s::timestamptz - interval '1 microsecond'), interval '1 minute'
)
FROM commit_cursor AS cursor, commit_log AS log, unnest(spans) AS span
WHERE cursor.reader = 'rollups' AND (log.xid, log.seq) > (cursor.xid, cursor.seq)
    AND span && tstzrange(%(start)s, %(stop)s)
ON CONFLICT DO NOTHING

-- name: hold_move
-- How far it is: start, done and stop. One process goes on with it at a time.
SELECT start, done_until, stop FROM pulseboard_move.state FOR UPDATE

-- name: hold_end
-- Waits until no process copies, and has none begin until the transaction ends. Not by `hold_move`:
-- whoever waited for the row would use the table, which has to go.
LOCK TABLE pulseboard_move.state IN ACCESS EXCLUSIVE MODE

-- name: limit_step
-- Ends a statement of this transaction that takes long: what follows the log waits for each step.
SELECT set_config('statement_timeout', %(timeout)s, true)

-- name: copy_numbers
-- Copies the numbers of [start, stop), wherever they are.
INSERT INTO pulseboard_move.reading (series_id, time, value)
SELECT series_id, time, value FROM all_numbers_between(%(start)s, %(stop)s)

-- name: copy_texts
-- The same of texts.
INSERT INTO pulseboard_move.text_reading (series_id, time, value)
SELECT series_id, time, value FROM text_reading WHERE time >= %(start)s AND time < %(stop)s
UNION ALL
SELECT series_id, time, value FROM late_text_reading WHERE time >= %(start)s AND time < %(stop)s
UNION ALL
SELECT pack.series_id, one.time, one.value
FROM text_pack AS pack CROSS JOIN LATERAL packed_texts(pack) AS one
WHERE pack.start > %(start)s::timestamptz - interval '24 hours' AND pack.start < %(stop)s
    AND pack.stop >= %(start)s AND one.time >= %(start)s AND one.time < %(stop)s

-- name: copy_summaries
-- Copies the summaries of [start, stop) into what a continuous aggregate of TimescaleDB is stored in.
INSERT INTO {stored} (series_id, bucket, count, sum, min, max, first, last)
SELECT series_id, bucket, count, sum, min, max, first, last FROM {rollup}
WHERE bucket >= %(start)s AND bucket < %(stop)s

-- name: clear_summaries
-- Deletes the copies of [start, stop).
DELETE FROM {stored} WHERE bucket >= %(start)s AND bucket < %(stop)s

-- name: move_stop
-- What is to be copied goes on to a later moment.
UPDATE pulseboard_move.state SET stop = greatest(stop, %(stop)s)

-- name: move_on
-- Notes that all before a moment is copied.
UPDATE pulseboard_move.state SET done_until = %(stop)s

-- name: fetch_new_floor
-- Before which midnight summaries cannot be made anew: where whole days went, and of the second, where
-- rules took readings of single series.
SELECT date_trunc('day', greatest(raw_floor, raw_held, minute_floor) + interval '1 day'
        - interval '1 microsecond', 'UTC'),
    coalesce((
        SELECT date_trunc('day', max(greatest(raw_floor, minute_floor)) + interval '1 day'
            - interval '1 microsecond', 'UTC')
        FROM series_retention
    ), 'epoch')
FROM retention_state

-- name: raise_move_floor
-- What is older is not refreshed any more.
UPDATE retention_state SET raw_floor = greatest(raw_floor, %(floor)s::timestamptz), raw_held = 'epoch'

-- name: list_old_minutes
-- The hours before a moment whose summaries may have changed since they were copied.
SELECT DISTINCT date_bin('1 hour', minute, '1970-01-01Z') FROM pulseboard_move.minute
WHERE minute < %(floor)s::timestamptz

-- name: mark_changed
-- Has what may have changed since it was copied rolled up again.
INSERT INTO dirty_minute (minute)
SELECT minute FROM pulseboard_move.minute WHERE minute >= %(floor)s::timestamptz
ON CONFLICT (minute) DO NOTHING

-- name: forget_deleted
-- Has the readings removed of series that were deleted while they were copied.
INSERT INTO deleted_series (series_id)
SELECT id FROM (
    SELECT id FROM pulseboard_move.series
    UNION
    SELECT generate_series(highest_series + 1, (SELECT max(id) FROM telemetry_series))
    FROM pulseboard_move.state
) AS known
WHERE NOT EXISTS (SELECT FROM telemetry_series WHERE id = known.id)
ON CONFLICT DO NOTHING

-- name: count_partitions
-- How many tables the readings are in.
SELECT count(*) FROM pg_inherits
WHERE inhparent = ANY (ARRAY['reading'::regclass, 'text_reading'::regclass])

-- name: hold_tables
-- Nobody reads or writes readings until the transaction ends. Packs of summaries first, as who reads
-- has them: in another order both would wait for each other.
LOCK TABLE minute_pack, hour_pack, reading, text_reading, late_reading, late_text_reading,
    reading_pack, text_pack, rollup_1m, rollup_1h, rollup_1d, dirty_minute IN ACCESS EXCLUSIVE MODE

-- name: take_place
-- Puts the copies where the tables were.
DROP TABLE reading;
DROP TABLE text_reading;
DROP TABLE rollup_1m, rollup_1h, rollup_1d, rollup_base;
TRUNCATE reading_pack, text_pack, late_reading, late_text_reading, packed_day, rewritten_minute,
    minute_pack, hour_pack, unpacked_hour, unpacked_day;
DO $$
BEGIN
    EXECUTE format('ALTER TABLE pulseboard_move.reading SET SCHEMA %I', current_schema());
    EXECUTE format('ALTER TABLE pulseboard_move.text_reading SET SCHEMA %I', current_schema());
    EXECUTE format('ALTER MATERIALIZED VIEW pulseboard_move.rollup_1m SET SCHEMA %I', current_schema());
    EXECUTE format('ALTER MATERIALIZED VIEW pulseboard_move.rollup_1h SET SCHEMA %I', current_schema());
    EXECUTE format('ALTER MATERIALIZED VIEW pulseboard_move.rollup_1d SET SCHEMA %I', current_schema());
END $$;
DROP TABLE pulseboard_move.state, pulseboard_move.minute, pulseboard_move.series;
DROP SCHEMA pulseboard_move

-- name: give_up
-- Drops all copies.
DROP MATERIALIZED VIEW pulseboard_move.rollup_1d;
DROP MATERIALIZED VIEW pulseboard_move.rollup_1h;
DROP MATERIALIZED VIEW pulseboard_move.rollup_1m;
DROP TABLE pulseboard_move.text_reading;
DROP TABLE pulseboard_move.reading;
DROP TABLE pulseboard_move.state, pulseboard_move.minute, pulseboard_move.series;
DROP SCHEMA pulseboard_move

-- name: list_stores
-- In which table of which schema each continuous aggregate of the move is stored.
SELECT view_name, materialization_hypertable_schema, materialization_hypertable_name
FROM timescaledb_information.continuous_aggregates WHERE view_schema = 'pulseboard_move'

-- name: fetch_search_path
-- Where names are looked for.
SELECT current_setting('search_path')

-- name: set_search_path
-- Has names looked for there.
SELECT set_config('search_path', %(path)s, false)
