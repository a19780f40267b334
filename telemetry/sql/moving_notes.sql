-- name: make_notes
-- Where a move into hypertables notes which readings come and go while it copies. Two tables take
-- turns: triggers write into one, the other is copied and emptied.
CREATE TABLE pulseboard_move.noted_0 (
    series_id integer NOT NULL,
    time timestamptz NOT NULL,
    value double precision, -- of a number
    text text, -- of a text
    gone boolean NOT NULL
);
CREATE TABLE pulseboard_move.noted_1 (LIKE pulseboard_move.noted_0 INCLUDING ALL);
CREATE TABLE pulseboard_move.noting (
    half integer NOT NULL, -- that the triggers write into
    until timestamptz NOT NULL, -- what comes later is copied later, and need not be noted
    copied integer NOT NULL -- blocks of the other half
);
-- With the rights of who moves: no writer is asked for rights on any of this.
-- Its argument is the column of what came.
CREATE FUNCTION pulseboard_move.note_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    now_to pulseboard_move.noting;
BEGIN
    IF current_setting('pulseboard.repacking', true) = 'on' THEN
        RETURN NULL;
    END IF;
    SELECT * INTO now_to FROM pulseboard_move.noting;
    EXECUTE format(
        'INSERT INTO pulseboard_move.%I (series_id, time, %I, gone)'
        ' SELECT series_id, time, value, $1 FROM changed WHERE $1 OR time < $2',
        'noted_' || now_to.half, TG_ARGV[0]
    ) USING TG_OP = 'DELETE', now_to.until;
    RETURN NULL;
END
$$

-- name: hold_rows
-- Waits for who writes or deletes rows, and lets nobody begin until the transaction ends.
LOCK TABLE reading, text_reading, late_reading, late_text_reading IN SHARE ROW EXCLUSIVE MODE

-- name: begin_noting
-- Where to, and which.
INSERT INTO pulseboard_move.noting VALUES (0, %(until)s, 0)

-- name: begin_notes
-- From the commit on readings that come before a moment are noted, and all that go.
DO $$
DECLARE
    one text;
    kind text;
BEGIN
    FOREACH one IN ARRAY ARRAY['reading', 'late_reading', 'text_reading', 'late_text_reading'] LOOP
        kind := CASE WHEN one LIKE '%text%' THEN 'text' ELSE 'value' END;
        EXECUTE format(
            'CREATE TRIGGER move_notes_come AFTER INSERT ON %I REFERENCING NEW TABLE AS changed'
            ' FOR EACH STATEMENT EXECUTE FUNCTION pulseboard_move.note_changed(%L)', one, kind
        );
        EXECUTE format(
            'CREATE TRIGGER move_notes_gone AFTER DELETE ON %I REFERENCING OLD TABLE AS changed'
            ' FOR EACH STATEMENT EXECUTE FUNCTION pulseboard_move.note_changed(%L)', one, kind
        );
    END LOOP;
END $$

-- name: hold_batches
-- Waits for the batches that are being stored, and lets none begin until the transaction ends.
SELECT pg_advisory_xact_lock(%(key)s)

-- name: fetch_until
-- Before which moment what comes is noted; Python has no infinity.
SELECT least(until, '9999-12-31Z') FROM pulseboard_move.noting

-- name: note_until
-- What comes before a later moment is noted as well.
UPDATE pulseboard_move.noting SET until = %(until)s

-- name: fetch_half
-- The half that the triggers write into, and the blocks of the other that are copied, and that it has.
SELECT half, copied, pg_relation_size(
    CASE half WHEN 0 THEN 'pulseboard_move.noted_1' ELSE 'pulseboard_move.noted_0' END::regclass
) / current_setting('block_size')::int
FROM pulseboard_move.noting

-- name: count_blocks
-- How many blocks of both halves wait to be copied.
SELECT (pg_relation_size('pulseboard_move.noted_0') + pg_relation_size('pulseboard_move.noted_1'))
    / current_setting('block_size')::int - copied
FROM pulseboard_move.noting

-- name: take_turns
-- The triggers write into the other half, which is empty.
UPDATE pulseboard_move.noting SET half = 1 - half, copied = 0

-- name: note_copied
-- How many blocks of the half that is not written into are copied.
UPDATE pulseboard_move.noting SET copied = %(copied)s

-- name: copy_noted_numbers
-- Copies the numbers noted in some blocks.
INSERT INTO pulseboard_move.reading (series_id, time, value)
SELECT series_id, time, value FROM {half}
WHERE ctid >= %(first)s::tid AND ctid < %(end)s::tid
    AND value IS NOT NULL AND NOT gone AND time < %(until)s
ORDER BY series_id, time
ON CONFLICT DO NOTHING

-- name: copy_noted_texts
-- The same of texts.
INSERT INTO pulseboard_move.text_reading (series_id, time, value)
SELECT series_id, time, text FROM {half}
WHERE ctid >= %(first)s::tid AND ctid < %(end)s::tid
    AND text IS NOT NULL AND NOT gone AND time < %(until)s
ORDER BY series_id, time
ON CONFLICT DO NOTHING

-- name: note_minutes
-- The summaries of the minutes noted in some blocks are to be made anew.
INSERT INTO pulseboard_move.minute (minute)
SELECT DISTINCT date_bin('1 minute', time, '1970-01-01Z') FROM {half}
WHERE ctid >= %(first)s::tid AND ctid < %(end)s::tid
ON CONFLICT DO NOTHING

-- name: hold_half
-- Nobody writes into a half any more until the transaction ends.
LOCK TABLE {half} IN ACCESS EXCLUSIVE MODE

-- name: list_gone
-- The readings noted as gone in some blocks, by series, hour and kind; not of deleted series, which are
-- removed whole.
SELECT series_id, text IS NOT NULL, array_agg(DISTINCT time ORDER BY time) FROM {half}
WHERE ctid >= %(first)s::tid AND ctid < %(end)s::tid AND gone AND time < %(until)s
    AND series_id IN (SELECT id FROM telemetry_series)
GROUP BY series_id, text IS NOT NULL, date_bin('1 hour', time, '1970-01-01Z')

-- name: empty_half
-- Empties a half.
TRUNCATE {half}

-- name: delete_gone_numbers
-- Deletes the copies of numbers of a series at some moments.
DELETE FROM pulseboard_move.reading
WHERE series_id = %(series_id)s AND time >= %(start)s AND time <= %(stop)s
    AND time = ANY (%(moments)s::timestamptz[])

-- name: delete_gone_texts
-- The same of texts.
DELETE FROM pulseboard_move.text_reading
WHERE series_id = %(series_id)s AND time >= %(start)s AND time <= %(stop)s
    AND time = ANY (%(moments)s::timestamptz[])

-- name: copy_again_numbers
-- Copies the numbers that a series has at some moments now, wherever they are.
INSERT INTO pulseboard_move.reading (series_id, time, value)
SELECT %(series_id)s::int, asked.time, found.value
FROM unnest(%(moments)s::timestamptz[]) AS asked (time)
CROSS JOIN LATERAL (
    SELECT value FROM reading WHERE series_id = %(series_id)s AND time = asked.time
        AND time >= %(start)s AND time <= %(stop)s
    UNION ALL
    SELECT value FROM late_reading WHERE series_id = %(series_id)s AND time = asked.time
    UNION ALL
    SELECT one.value
    FROM reading_pack AS pack CROSS JOIN LATERAL packed_numbers(pack) AS one
    WHERE pack.series_id = %(series_id)s AND pack.start <= asked.time AND pack.stop >= asked.time
        AND pack.start > asked.time - interval '24 hours' AND one.time = asked.time
    LIMIT 1
) AS found
ON CONFLICT DO NOTHING

-- name: copy_again_texts
-- The same of texts.
INSERT INTO pulseboard_move.text_reading (series_id, time, value)
SELECT %(series_id)s::int, asked.time, found.value
FROM unnest(%(moments)s::timestamptz[]) AS asked (time)
CROSS JOIN LATERAL (
    SELECT value FROM text_reading WHERE series_id = %(series_id)s AND time = asked.time
        AND time >= %(start)s AND time <= %(stop)s
    UNION ALL
    SELECT value FROM late_text_reading WHERE series_id = %(series_id)s AND time = asked.time
    UNION ALL
    SELECT one.value
    FROM text_pack AS pack CROSS JOIN LATERAL packed_texts(pack) AS one
    WHERE pack.series_id = %(series_id)s AND pack.start <= asked.time AND pack.stop >= asked.time
        AND pack.start > asked.time - interval '24 hours' AND one.time = asked.time
    LIMIT 1
) AS found
ON CONFLICT DO NOTHING

-- name: end_notes
-- Notes nothing any more.
DROP TRIGGER IF EXISTS move_notes_come ON reading;
DROP TRIGGER IF EXISTS move_notes_gone ON reading;
DROP TRIGGER IF EXISTS move_notes_come ON text_reading;
DROP TRIGGER IF EXISTS move_notes_gone ON text_reading;
DROP TRIGGER IF EXISTS move_notes_come ON late_reading;
DROP TRIGGER IF EXISTS move_notes_gone ON late_reading;
DROP TRIGGER IF EXISTS move_notes_come ON late_text_reading;
DROP TRIGGER IF EXISTS move_notes_gone ON late_text_reading;
DROP FUNCTION pulseboard_move.note_changed();
DROP TABLE pulseboard_move.noted_0, pulseboard_move.noted_1, pulseboard_move.noting
