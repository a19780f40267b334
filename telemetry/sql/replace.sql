-- name: hold_retention
-- Until the transaction ends nothing more is removed.
SELECT FROM retention_state FOR SHARE

-- name: fetch_floor
-- Before which moment readings of some series may be gone. In a statement of its own: that which waits
-- for the row does not see what was removed meanwhile.
SELECT greatest(state.raw_floor, state.raw_held, (
    SELECT max(gone.raw_floor) FROM series_retention AS gone
    WHERE gone.series_id = ANY (%(series)s::int[])
))
FROM retention_state AS state

-- name: delete_numbers
-- Deletes the numbers of a series at some times, which lie from one to another, both included.
DELETE FROM reading
WHERE series_id = %(series_id)s AND time >= %(start)s AND time <= %(stop)s
    AND time = ANY (%(moments)s::timestamptz[])

-- name: delete_late_numbers
-- The same of numbers that came late for a packed day.
DELETE FROM late_reading
WHERE series_id = %(series_id)s AND time >= %(start)s AND time <= %(stop)s
    AND time = ANY (%(moments)s::timestamptz[])

-- name: delete_late_texts
-- The same of texts.
DELETE FROM late_text_reading
WHERE series_id = %(series_id)s AND time >= %(start)s AND time <= %(stop)s
    AND time = ANY (%(moments)s::timestamptz[])

-- name: delete_texts
-- Deletes the texts of a series at some times, which lie from one to another, both included.
DELETE FROM text_reading
WHERE series_id = %(series_id)s AND time >= %(start)s AND time <= %(stop)s
    AND time = ANY (%(moments)s::timestamptz[])

-- name: note_rewritten
-- Has the summaries of these minutes of a series made anew, also where they come to less.
INSERT INTO rewritten_minute (series_id, minute)
SELECT %(series_id)s, unnest(%(minutes)s::timestamptz[])
ON CONFLICT DO NOTHING
