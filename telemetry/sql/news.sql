-- name: fetch_news
-- Numbers of several series, each after an instant of its own and up to another, in Unix
-- microseconds, by its place in the lists. The outermost instants let the planner leave days out.
-- OFFSET 0 has it look each series up: joined, it would read all that any series sent since the
-- oldest of the instants, which is that of a series that speaks seldom.
-- All in one value, as columns in network order: a row each costs its reader ten times as much.
SELECT string_agg(
    int4send(wanted.place::integer) || timestamptz_send(found.time) || float8send(found.value),
    ''::bytea
)
FROM unnest(%(series)s::int[], %(since)s::bigint[], %(until)s::bigint[])
    WITH ORDINALITY AS wanted (id, since, until, place)
CROSS JOIN LATERAL (
    SELECT time, value FROM reading
    WHERE series_id = wanted.id
        AND time > timestamptz 'epoch' + wanted.since * interval '1 microsecond'
        AND time <= timestamptz 'epoch' + wanted.until * interval '1 microsecond'
        AND time >= %(start)s::timestamptz AND time <= %(stop)s::timestamptz
    UNION ALL
    SELECT time, value FROM numbers_apart(
        wanted.id, timestamptz 'epoch' + (wanted.since + 1) * interval '1 microsecond',
        timestamptz 'epoch' + (wanted.until + 1) * interval '1 microsecond'
    )
    OFFSET 0
) AS found

-- name: fetch_late_news
-- Numbers of several series, each of a span of its own, that one transaction wrote, or any: what
-- came late, among what was there before. Rows have the low half of a transaction's id. What is
-- packed is older than what is judged late.
SELECT string_agg(
    int4send(wanted.place::integer) || timestamptz_send(found.time) || float8send(found.value),
    ''::bytea
)
FROM unnest(%(series)s::int[], %(since)s::bigint[], %(until)s::bigint[], %(xids)s::bigint[])
    WITH ORDINALITY AS wanted (id, since, until, xid, place)
CROSS JOIN LATERAL (
    SELECT time, value FROM reading
    WHERE series_id = wanted.id
        AND time > timestamptz 'epoch' + wanted.since * interval '1 microsecond'
        AND time <= timestamptz 'epoch' + wanted.until * interval '1 microsecond'
        AND time >= %(start)s::timestamptz AND time <= %(stop)s::timestamptz
        AND (wanted.xid IS NULL OR reading.xmin = wanted.xid::text::xid)
    UNION ALL
    SELECT time, value FROM late_reading
    WHERE series_id = wanted.id
        AND time > timestamptz 'epoch' + wanted.since * interval '1 microsecond'
        AND time <= timestamptz 'epoch' + wanted.until * interval '1 microsecond'
        AND (wanted.xid IS NULL OR late_reading.xmin = wanted.xid::text::xid)
    OFFSET 0
) AS found

-- name: find_late_words
-- The first instant at which each of several series said something, a number or a text, that one
-- transaction wrote, or any; each of a span of its own.
SELECT wanted.place::integer, round(extract(epoch FROM min(found.time)) * 1e6)::bigint
FROM unnest(%(series)s::int[], %(since)s::bigint[], %(until)s::bigint[], %(xids)s::bigint[])
    WITH ORDINALITY AS wanted (id, since, until, xid, place)
CROSS JOIN LATERAL (
    SELECT time FROM reading
    WHERE series_id = wanted.id
        AND time > timestamptz 'epoch' + wanted.since * interval '1 microsecond'
        AND time <= timestamptz 'epoch' + wanted.until * interval '1 microsecond'
        AND time >= %(start)s::timestamptz AND time <= %(stop)s::timestamptz
        AND (wanted.xid IS NULL OR reading.xmin = wanted.xid::text::xid)
    UNION ALL
    SELECT time FROM text_reading
    WHERE series_id = wanted.id
        AND time > timestamptz 'epoch' + wanted.since * interval '1 microsecond'
        AND time <= timestamptz 'epoch' + wanted.until * interval '1 microsecond'
        AND time >= %(start)s::timestamptz AND time <= %(stop)s::timestamptz
        AND (wanted.xid IS NULL OR text_reading.xmin = wanted.xid::text::xid)
    UNION ALL
    SELECT time FROM late_reading
    WHERE series_id = wanted.id
        AND time > timestamptz 'epoch' + wanted.since * interval '1 microsecond'
        AND time <= timestamptz 'epoch' + wanted.until * interval '1 microsecond'
        AND (wanted.xid IS NULL OR late_reading.xmin = wanted.xid::text::xid)
    UNION ALL
    SELECT time FROM late_text_reading
    WHERE series_id = wanted.id
        AND time > timestamptz 'epoch' + wanted.since * interval '1 microsecond'
        AND time <= timestamptz 'epoch' + wanted.until * interval '1 microsecond'
        AND (wanted.xid IS NULL OR late_text_reading.xmin = wanted.xid::text::xid)
) AS found
GROUP BY wanted.place

-- name: fetch_news_in_words
-- The same of what series said: texts, and numbers among them.
SELECT wanted.place::integer, round(extract(epoch FROM found.time) * 1e6)::bigint, found.value,
    found.text
FROM unnest(%(series)s::int[], %(since)s::bigint[], %(until)s::bigint[])
    WITH ORDINALITY AS wanted (id, since, until, place)
CROSS JOIN LATERAL (
    SELECT time, value, NULL AS text FROM reading
    WHERE series_id = wanted.id
        AND time > timestamptz 'epoch' + wanted.since * interval '1 microsecond'
        AND time <= timestamptz 'epoch' + wanted.until * interval '1 microsecond'
        AND time >= %(start)s::timestamptz AND time <= %(stop)s::timestamptz
    UNION ALL
    SELECT time, NULL, value FROM text_reading
    WHERE series_id = wanted.id
        AND time > timestamptz 'epoch' + wanted.since * interval '1 microsecond'
        AND time <= timestamptz 'epoch' + wanted.until * interval '1 microsecond'
        AND time >= %(start)s::timestamptz AND time <= %(stop)s::timestamptz
    UNION ALL
    SELECT time, value, NULL FROM numbers_apart(
        wanted.id, timestamptz 'epoch' + (wanted.since + 1) * interval '1 microsecond',
        timestamptz 'epoch' + (wanted.until + 1) * interval '1 microsecond'
    )
    UNION ALL
    SELECT time, NULL, value FROM texts_apart(
        wanted.id, timestamptz 'epoch' + (wanted.since + 1) * interval '1 microsecond',
        timestamptz 'epoch' + (wanted.until + 1) * interval '1 microsecond'
    )
) AS found
ORDER BY 1, 2

-- name: fetch_newest_by
-- When each series was newest heard up to an instant of its own, by its place in the lists.
SELECT wanted.place::integer,
    round(extract(epoch FROM greatest(number.time, text.time, packed.time)) * 1e6)::bigint
FROM unnest(%(series)s::int[], %(until)s::bigint[]) WITH ORDINALITY AS wanted (id, until, place)
LEFT JOIN LATERAL (
    SELECT time FROM reading
    WHERE series_id = wanted.id
        AND time <= timestamptz 'epoch' + wanted.until * interval '1 microsecond'
    ORDER BY time DESC LIMIT 1
) AS number ON true
LEFT JOIN LATERAL (
    SELECT time FROM text_reading
    WHERE series_id = wanted.id
        AND time <= timestamptz 'epoch' + wanted.until * interval '1 microsecond'
    ORDER BY time DESC LIMIT 1
) AS text ON true
LEFT JOIN LATERAL (
    SELECT max(time) AS time
    FROM (SELECT timestamptz 'epoch' + wanted.until * interval '1 microsecond' AS until) AS edge
    CROSS JOIN LATERAL (
        SELECT max(time) AS time FROM late_reading
        WHERE series_id = wanted.id AND time <= edge.until
        UNION ALL
        SELECT max(time) FROM late_text_reading
        WHERE series_id = wanted.id AND time <= edge.until
        UNION ALL
        SELECT CASE WHEN (pack).stop <= edge.until THEN (pack).stop ELSE (
            SELECT max(time) FROM packed_numbers(pack) WHERE time <= edge.until
        ) END AS time
        FROM (
            SELECT pack FROM reading_pack AS pack
            WHERE series_id = wanted.id AND start <= edge.until
            ORDER BY start DESC LIMIT 1
        ) AS newest
        UNION ALL
        SELECT CASE WHEN (pack).stop <= edge.until THEN (pack).stop ELSE (
            SELECT max(time) FROM packed_texts(pack) WHERE time <= edge.until
        ) END AS time
        FROM (
            SELECT pack FROM text_pack AS pack
            WHERE series_id = wanted.id AND start <= edge.until
            ORDER BY start DESC LIMIT 1
        ) AS newest
    ) AS each
) AS packed ON true
WHERE number.time IS NOT NULL OR text.time IS NOT NULL OR packed.time IS NOT NULL

-- name: fetch_mean
-- The mean of a series between two edges of minutes, from its summaries; NULL without readings.
SELECT sum(sum) / sum(count) FROM rollup_1m
WHERE series_id = %(series_id)s AND bucket >= %(start)s AND bucket < %(stop)s
