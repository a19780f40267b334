-- name: insert_numbers
-- Stores the numbers that are not there yet: their series and Unix microseconds.
INSERT INTO reading
SELECT series_id, to_timestamp(us / 1e6), value
FROM unnest(%(series)s::int[], %(times)s::bigint[], %(values)s::float8[])
    AS given (series_id, us, value)
ON CONFLICT DO NOTHING
RETURNING series_id, (extract(epoch FROM time) * 1e6)::bigint

-- name: insert_texts
-- Stores the texts whose place neither a text nor a number has: their series and Unix microseconds.
INSERT INTO text_reading
SELECT said.series_id, said.time, said.value
FROM (
    SELECT series_id, to_timestamp(us / 1e6) AS time, value
    FROM unnest(%(series)s::int[], %(times)s::bigint[], %(values)s::text[])
        AS given (series_id, us, value)
) AS said
-- LATERAL with a limit: so the planner looks each one up and never reads the whole table.
LEFT JOIN LATERAL (
    SELECT true AS taken FROM reading
    WHERE reading.series_id = said.series_id AND reading.time = said.time
    LIMIT 1
) AS number ON true
WHERE number.taken IS NULL
ON CONFLICT DO NOTHING
RETURNING series_id, (extract(epoch FROM time) * 1e6)::bigint

-- name: fetch_numbers
-- The numbers stored of these series at these times.
SELECT asked.series_id, asked.us, stored.value
FROM unnest(%(series)s::int[], %(times)s::bigint[]) AS asked (series_id, us)
CROSS JOIN LATERAL (
    SELECT value FROM reading
    WHERE series_id = asked.series_id AND time = to_timestamp(asked.us / 1e6)
    UNION ALL
    SELECT value FROM late_reading
    WHERE series_id = asked.series_id AND time = to_timestamp(asked.us / 1e6)
    LIMIT 1
) AS stored

-- name: fetch_texts
-- The texts stored of these series at these times.
SELECT asked.series_id, asked.us, stored.value
FROM unnest(%(series)s::int[], %(times)s::bigint[]) AS asked (series_id, us)
CROSS JOIN LATERAL (
    SELECT value FROM text_reading
    WHERE series_id = asked.series_id AND time = to_timestamp(asked.us / 1e6)
    UNION ALL
    SELECT value FROM late_text_reading
    WHERE series_id = asked.series_id AND time = to_timestamp(asked.us / 1e6)
    LIMIT 1
) AS stored
