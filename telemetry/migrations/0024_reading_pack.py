"""Packs of readings, what came late for packed days, and one way to read all of it."""

from django.db import migrations
from django.db.migrations.exceptions import IrreversibleError

SCHEMA = """\
-- A pack is some readings of one series and one day (UTC) in a row; packs of a series never overlap.
-- Times: `start`, then for each further reading `step` and an unsigned number of `width` bytes from
-- `steps`, in units of `unit` microseconds. A width of 8 is the distance from the start instead.
CREATE TABLE reading_pack (
    series_id integer NOT NULL,
    start timestamptz NOT NULL,
    stop timestamptz NOT NULL,
    count integer NOT NULL,
    last double precision NOT NULL,
    unit integer NOT NULL,
    step bigint NOT NULL,
    width integer NOT NULL,
    steps bytea NOT NULL,
    -- Values: whole numbers divided by `scale`, which begin with `base` and are stored as the times;
    -- otherwise as they are.
    scale double precision,
    base bigint,
    delta bigint,
    delta_width integer,
    deltas bytea,
    singles real[],
    doubles double precision[],
    PRIMARY KEY (series_id, start)
);
CREATE INDEX reading_pack_start ON reading_pack (start);

-- Of texts: `words` are those of runs of equal ones, which begin at `places`, counted from 0.
CREATE TABLE text_pack (
    series_id integer NOT NULL,
    start timestamptz NOT NULL,
    stop timestamptz NOT NULL,
    count integer NOT NULL,
    last text NOT NULL,
    unit integer NOT NULL,
    step bigint NOT NULL,
    width integer NOT NULL,
    steps bytea NOT NULL,
    words text[] NOT NULL,
    places integer[] NOT NULL,
    PRIMARY KEY (series_id, start)
);
CREATE INDEX text_pack_start ON text_pack (start);

-- Readings of packed days that came after, until they are packed too.
CREATE TABLE late_reading (
    series_id integer NOT NULL,
    time timestamptz NOT NULL,
    value double precision NOT NULL,
    PRIMARY KEY (series_id, time)
);
CREATE INDEX late_reading_time ON late_reading (time);
CREATE TABLE late_text_reading (
    series_id integer NOT NULL,
    time timestamptz NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (series_id, time)
);
CREATE INDEX late_text_reading_time ON late_text_reading (time);

-- The days (UTC) of which no row goes into a partition any more.
CREATE TABLE packed_day (
    day date PRIMARY KEY,
    readings bigint NOT NULL DEFAULT 0 -- in its packs, about
);

CREATE FUNCTION refuse_packed_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('pulseboard.unpacking', true) = 'on' THEN
        RETURN NEW;
    END IF;
    -- As where there is no partition: the writer looks which of both it is.
    RAISE EXCEPTION 'the day of % is packed', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END
$$;

-- An unsigned number of a width in bytes, counted from 1.
CREATE FUNCTION pack_number(bytes bytea, width integer, n integer) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN n = 0 OR width = 0 THEN 0
        WHEN width = 1 THEN get_byte(bytes, n - 1)
        WHEN width = 2 THEN get_byte(bytes, 2 * n - 2) * 256 + get_byte(bytes, 2 * n - 1)
        WHEN width = 4 THEN ((get_byte(bytes, 4 * n - 4) * 256 + get_byte(bytes, 4 * n - 3)) * 256
            + get_byte(bytes, 4 * n - 2)) * 256 + get_byte(bytes, 4 * n - 1)
        ELSE 0
    END
$$;

-- The readings of a pack. The bytes are taken out of their storage once, not for each reading.
CREATE FUNCTION packed_numbers(pack reading_pack)
RETURNS TABLE ("time" timestamptz, value double precision) LANGUAGE sql IMMUTABLE AS $$
    SELECT
        pack.start + interval '1 microsecond' * (
            CASE WHEN pack.width = 8 AND n > 0
            THEN ('x' || encode(substr(flat.steps, 8 * n - 7, 8), 'hex'))::bit(64)::bigint
            ELSE pack.step * n + sum(pack_number(flat.steps, pack.width, n)) OVER (
                ORDER BY n ROWS UNBOUNDED PRECEDING
            ) END * pack.unit
        ),
        CASE
            WHEN pack.scale IS NOT NULL THEN (
                pack.base + pack.delta * n + sum(pack_number(flat.deltas, pack.delta_width, n))
                    OVER (ORDER BY n ROWS UNBOUNDED PRECEDING)
            )::double precision / pack.scale
            WHEN pack.singles IS NOT NULL THEN flat.singles[n + 1]::double precision
            ELSE flat.doubles[n + 1]
        END
    FROM (
        SELECT pack.steps || ''::bytea AS steps, pack.deltas || ''::bytea AS deltas,
            pack.singles || '{}'::real[] AS singles,
            pack.doubles || '{}'::double precision[] AS doubles
        OFFSET 0
    ) AS flat, generate_series(0, pack.count - 1) AS n
$$;

CREATE FUNCTION packed_texts(pack text_pack)
RETURNS TABLE ("time" timestamptz, value text) LANGUAGE sql IMMUTABLE AS $$
    SELECT
        pack.start + interval '1 microsecond' * (
            CASE WHEN pack.width = 8 AND n > 0
            THEN ('x' || encode(substr(flat.steps, 8 * n - 7, 8), 'hex'))::bit(64)::bigint
            ELSE pack.step * n + sum(pack_number(flat.steps, pack.width, n)) OVER (
                ORDER BY n ROWS UNBOUNDED PRECEDING
            ) END * pack.unit
        ),
        flat.words[width_bucket(n, flat.places)]
    FROM (
        SELECT pack.steps || ''::bytea AS steps, pack.words || '{}'::text[] AS words,
            pack.places || '{}'::integer[] AS places
        OFFSET 0
    ) AS flat, generate_series(0, pack.count - 1) AS n
$$;

-- When the newest readings of a pack came, at most so many, without unpacking the rest.
CREATE FUNCTION newest_packed(pack reading_pack, many integer)
RETURNS TABLE ("time" timestamptz) LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN n = pack.count - 1 THEN pack.stop
        WHEN n = 0 THEN pack.start
        WHEN pack.width = 8 THEN pack.start + interval '1 microsecond' * pack.unit
            * ('x' || encode(substr(flat.steps, 8 * n - 7, 8), 'hex'))::bit(64)::bigint
        ELSE pack.stop - interval '1 microsecond' * pack.unit * (
            pack.step * (pack.count - 1 - n) + sum(pack_number(flat.steps, pack.width, n + 1))
                OVER (ORDER BY n DESC ROWS UNBOUNDED PRECEDING)
        )
    END
    FROM (SELECT pack.steps || ''::bytea AS steps OFFSET 0) AS flat,
        generate_series(greatest(0, pack.count - many), pack.count - 1) AS n
$$;

-- All that is stored of a series in [start, stop), in no order; `…_apart` what is not in partitions.
-- `oldest_…` and `newest_…` give at least so many of it as there are, and few more: the first pack
-- reaches out of the window. Inlined where they are used, so the planner leaves out partitions.
CREATE FUNCTION numbers_apart(series integer, start timestamptz, stop timestamptz)
RETURNS TABLE ("time" timestamptz, value double precision) LANGUAGE sql STABLE AS $$
    SELECT late.time, late.value FROM late_reading AS late
    WHERE late.series_id = $1 AND late.time >= $2 AND late.time < $3
    UNION ALL
    SELECT one.time, one.value
    FROM reading_pack AS pack CROSS JOIN LATERAL packed_numbers(pack) AS one
    WHERE pack.series_id = $1 AND pack.start > $2 - interval '24 hours' AND pack.start < $3
        AND pack.stop >= $2
        AND one.time >= $2 AND one.time < $3
$$;
CREATE FUNCTION numbers_between(series integer, start timestamptz, stop timestamptz)
RETURNS TABLE ("time" timestamptz, value double precision) LANGUAGE sql STABLE AS $$
    SELECT stored.time, stored.value FROM reading AS stored
    WHERE stored.series_id = $1 AND stored.time >= $2 AND stored.time < $3
    UNION ALL
    SELECT late.time, late.value FROM late_reading AS late
    WHERE late.series_id = $1 AND late.time >= $2 AND late.time < $3
    UNION ALL
    SELECT one.time, one.value
    FROM reading_pack AS pack CROSS JOIN LATERAL packed_numbers(pack) AS one
    WHERE pack.series_id = $1 AND pack.start > $2 - interval '24 hours' AND pack.start < $3
        AND pack.stop >= $2
        AND one.time >= $2 AND one.time < $3
$$;
CREATE FUNCTION oldest_numbers(series integer, start timestamptz, stop timestamptz, many bigint)
RETURNS TABLE ("time" timestamptz, value double precision) LANGUAGE sql STABLE AS $$
    (
        SELECT stored.time, stored.value FROM reading AS stored
        WHERE stored.series_id = $1 AND stored.time >= $2 AND stored.time < $3
        ORDER BY stored.time
        LIMIT $4
    )
    UNION ALL
    (
        SELECT late.time, late.value FROM late_reading AS late
        WHERE late.series_id = $1 AND late.time >= $2 AND late.time < $3
        ORDER BY late.time
        LIMIT $4
    )
    UNION ALL
    SELECT one.time, one.value
    FROM (
        SELECT pack, sum(pack.count) OVER (ORDER BY pack.start) - pack.count AS passed
        FROM reading_pack AS pack
        WHERE pack.series_id = $1 AND pack.start > $2 - interval '24 hours' AND pack.start < $3
        AND pack.stop >= $2
    ) AS counted
    CROSS JOIN LATERAL packed_numbers(counted.pack) AS one
    WHERE counted.passed < $4 + 8192 AND one.time >= $2 AND one.time < $3
$$;
CREATE FUNCTION newest_numbers(series integer, start timestamptz, stop timestamptz, many bigint)
RETURNS TABLE ("time" timestamptz, value double precision) LANGUAGE sql STABLE AS $$
    (
        SELECT stored.time, stored.value FROM reading AS stored
        WHERE stored.series_id = $1 AND stored.time >= $2 AND stored.time < $3
        ORDER BY stored.time DESC
        LIMIT $4
    )
    UNION ALL
    (
        SELECT late.time, late.value FROM late_reading AS late
        WHERE late.series_id = $1 AND late.time >= $2 AND late.time < $3
        ORDER BY late.time DESC
        LIMIT $4
    )
    UNION ALL
    SELECT one.time, one.value
    FROM (
        SELECT pack, sum(pack.count) OVER (ORDER BY pack.start DESC) - pack.count AS passed
        FROM reading_pack AS pack
        WHERE pack.series_id = $1 AND pack.start > $2 - interval '24 hours' AND pack.start < $3
        AND pack.stop >= $2
    ) AS counted
    CROSS JOIN LATERAL packed_numbers(counted.pack) AS one
    WHERE counted.passed < $4 + 8192 AND one.time >= $2 AND one.time < $3
$$;
CREATE FUNCTION texts_apart(series integer, start timestamptz, stop timestamptz)
RETURNS TABLE ("time" timestamptz, value text) LANGUAGE sql STABLE AS $$
    SELECT late.time, late.value FROM late_text_reading AS late
    WHERE late.series_id = $1 AND late.time >= $2 AND late.time < $3
    UNION ALL
    SELECT one.time, one.value
    FROM text_pack AS pack CROSS JOIN LATERAL packed_texts(pack) AS one
    WHERE pack.series_id = $1 AND pack.start > $2 - interval '24 hours' AND pack.start < $3
        AND pack.stop >= $2
        AND one.time >= $2 AND one.time < $3
$$;
CREATE FUNCTION texts_between(series integer, start timestamptz, stop timestamptz)
RETURNS TABLE ("time" timestamptz, value text) LANGUAGE sql STABLE AS $$
    SELECT stored.time, stored.value FROM text_reading AS stored
    WHERE stored.series_id = $1 AND stored.time >= $2 AND stored.time < $3
    UNION ALL
    SELECT late.time, late.value FROM late_text_reading AS late
    WHERE late.series_id = $1 AND late.time >= $2 AND late.time < $3
    UNION ALL
    SELECT one.time, one.value
    FROM text_pack AS pack CROSS JOIN LATERAL packed_texts(pack) AS one
    WHERE pack.series_id = $1 AND pack.start > $2 - interval '24 hours' AND pack.start < $3
        AND pack.stop >= $2
        AND one.time >= $2 AND one.time < $3
$$;
CREATE FUNCTION oldest_texts(series integer, start timestamptz, stop timestamptz, many bigint)
RETURNS TABLE ("time" timestamptz, value text) LANGUAGE sql STABLE AS $$
    (
        SELECT stored.time, stored.value FROM text_reading AS stored
        WHERE stored.series_id = $1 AND stored.time >= $2 AND stored.time < $3
        ORDER BY stored.time
        LIMIT $4
    )
    UNION ALL
    (
        SELECT late.time, late.value FROM late_text_reading AS late
        WHERE late.series_id = $1 AND late.time >= $2 AND late.time < $3
        ORDER BY late.time
        LIMIT $4
    )
    UNION ALL
    SELECT one.time, one.value
    FROM (
        SELECT pack, sum(pack.count) OVER (ORDER BY pack.start) - pack.count AS passed
        FROM text_pack AS pack
        WHERE pack.series_id = $1 AND pack.start > $2 - interval '24 hours' AND pack.start < $3
        AND pack.stop >= $2
    ) AS counted
    CROSS JOIN LATERAL packed_texts(counted.pack) AS one
    WHERE counted.passed < $4 + 8192 AND one.time >= $2 AND one.time < $3
$$;
CREATE FUNCTION newest_texts(series integer, start timestamptz, stop timestamptz, many bigint)
RETURNS TABLE ("time" timestamptz, value text) LANGUAGE sql STABLE AS $$
    (
        SELECT stored.time, stored.value FROM text_reading AS stored
        WHERE stored.series_id = $1 AND stored.time >= $2 AND stored.time < $3
        ORDER BY stored.time DESC
        LIMIT $4
    )
    UNION ALL
    (
        SELECT late.time, late.value FROM late_text_reading AS late
        WHERE late.series_id = $1 AND late.time >= $2 AND late.time < $3
        ORDER BY late.time DESC
        LIMIT $4
    )
    UNION ALL
    SELECT one.time, one.value
    FROM (
        SELECT pack, sum(pack.count) OVER (ORDER BY pack.start DESC) - pack.count AS passed
        FROM text_pack AS pack
        WHERE pack.series_id = $1 AND pack.start > $2 - interval '24 hours' AND pack.start < $3
        AND pack.stop >= $2
    ) AS counted
    CROSS JOIN LATERAL packed_texts(counted.pack) AS one
    WHERE counted.passed < $4 + 8192 AND one.time >= $2 AND one.time < $3
$$;

-- The same of every series.
CREATE FUNCTION all_numbers_between(start timestamptz, stop timestamptz)
RETURNS TABLE (series_id integer, "time" timestamptz, value double precision)
LANGUAGE sql STABLE AS $$
    SELECT stored.series_id, stored.time, stored.value FROM reading AS stored
    WHERE stored.time >= $1 AND stored.time < $2
    UNION ALL
    SELECT late.series_id, late.time, late.value FROM late_reading AS late
    WHERE late.time >= $1 AND late.time < $2
    UNION ALL
    SELECT pack.series_id, one.time, one.value
    FROM reading_pack AS pack CROSS JOIN LATERAL packed_numbers(pack) AS one
    WHERE pack.start > $1 - interval '24 hours' AND pack.start < $2
        AND pack.stop >= $1 AND one.time >= $1 AND one.time < $2
$$;

-- For people and their tools: every number by the names people know. With a window it is
-- `readings_between`, which opens only the packs and partitions of that time.
CREATE FUNCTION readings_between(start timestamptz, stop timestamptz)
RETURNS TABLE (
    "time" timestamptz, site text, device text, metric text, unit text, value double precision
) LANGUAGE sql STABLE AS $$
    SELECT one.time, site.name::text, device.uid::text, series.metric::text, series.unit::text,
        one.value
    FROM devices_device AS device
    JOIN telemetry_series AS series ON series.device_id = device.id
    LEFT JOIN devices_site AS site ON site.id = device.site_id
    CROSS JOIN LATERAL numbers_between(series.id, $1, $2) AS one
$$;
CREATE VIEW readings AS
SELECT * FROM readings_between('-infinity', 'infinity');
"""

REVERSE = """\
DROP VIEW readings;
DROP FUNCTION readings_between(timestamptz, timestamptz);
DROP FUNCTION all_numbers_between(timestamptz, timestamptz);
DROP FUNCTION numbers_apart(integer, timestamptz, timestamptz);
DROP FUNCTION numbers_between(integer, timestamptz, timestamptz);
DROP FUNCTION texts_apart(integer, timestamptz, timestamptz);
DROP FUNCTION texts_between(integer, timestamptz, timestamptz);
DROP FUNCTION oldest_numbers(integer, timestamptz, timestamptz, bigint);
DROP FUNCTION newest_numbers(integer, timestamptz, timestamptz, bigint);
DROP FUNCTION oldest_texts(integer, timestamptz, timestamptz, bigint);
DROP FUNCTION newest_texts(integer, timestamptz, timestamptz, bigint);
DROP FUNCTION newest_packed(reading_pack, integer);
DROP FUNCTION packed_texts(text_pack);
DROP FUNCTION packed_numbers(reading_pack);
DROP FUNCTION pack_number(bytea, integer, integer);
DROP FUNCTION refuse_packed_day() CASCADE;
DROP TABLE packed_day, late_text_reading, late_reading, text_pack, reading_pack;
"""

HOLDS_ANY = """\
SELECT EXISTS (SELECT FROM reading_pack) OR EXISTS (SELECT FROM text_pack)
    OR EXISTS (SELECT FROM late_reading) OR EXISTS (SELECT FROM late_text_reading)
"""


def leave(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(HOLDS_ANY)
        if cursor.fetchone()[0]:
            raise IrreversibleError(
                "There are packed readings: run `manage.py unpack` first."
            )
        cursor.execute(REVERSE)


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0023_reading_import")]

    operations = [
        migrations.RunSQL(SCHEMA, migrations.RunSQL.noop),
        migrations.RunPython(migrations.RunPython.noop, leave),
    ]
