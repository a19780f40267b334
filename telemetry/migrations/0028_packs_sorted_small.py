"""What is in a pack, without carrying the whole pack along with each of its readings.

The sums over a pack sort its readings, and each row of the sort had all its bytes: of 8 192
readings some 400 MB. Now the numbers are taken out of the bytes first.
"""

from django.db import migrations

FORWARD = """\
CREATE OR REPLACE FUNCTION packed_numbers(pack reading_pack)
RETURNS TABLE ("time" timestamptz, value double precision) LANGUAGE sql IMMUTABLE AS $$
    SELECT
        pack.start + interval '1 microsecond' * (
            CASE WHEN pack.width = 8 AND n > 0 THEN whole
            ELSE pack.step * n + sum(step) OVER (ORDER BY n ROWS UNBOUNDED PRECEDING)
            END * pack.unit
        ),
        CASE
            WHEN pack.scale IS NOT NULL THEN (
                pack.base + pack.delta * n + sum(delta) OVER (ORDER BY n ROWS UNBOUNDED PRECEDING)
            )::double precision / pack.scale
            ELSE value
        END
    FROM (
        SELECT n,
            CASE WHEN pack.width = 8 AND n > 0
            THEN ('x' || encode(substr(flat.steps, 8 * n - 7, 8), 'hex'))::bit(64)::bigint
            END AS whole,
            pack_number(flat.steps, pack.width, n) AS step,
            pack_number(flat.deltas, pack.delta_width, n) AS delta,
            CASE WHEN pack.singles IS NOT NULL THEN flat.singles[n + 1]::double precision
            ELSE flat.doubles[n + 1] END AS value
        FROM (
            SELECT pack.steps || ''::bytea AS steps, pack.deltas || ''::bytea AS deltas,
                pack.singles || '{}'::real[] AS singles,
                pack.doubles || '{}'::double precision[] AS doubles
            OFFSET 0
        ) AS flat, generate_series(0, pack.count - 1) AS n
        OFFSET 0
    ) AS taken
$$;
CREATE OR REPLACE FUNCTION packed_texts(pack text_pack)
RETURNS TABLE ("time" timestamptz, value text) LANGUAGE sql IMMUTABLE AS $$
    SELECT
        pack.start + interval '1 microsecond' * (
            CASE WHEN pack.width = 8 AND n > 0 THEN whole
            ELSE pack.step * n + sum(step) OVER (ORDER BY n ROWS UNBOUNDED PRECEDING)
            END * pack.unit
        ),
        value
    FROM (
        SELECT n,
            CASE WHEN pack.width = 8 AND n > 0
            THEN ('x' || encode(substr(flat.steps, 8 * n - 7, 8), 'hex'))::bit(64)::bigint
            END AS whole,
            pack_number(flat.steps, pack.width, n) AS step,
            flat.words[width_bucket(n, flat.places)] AS value
        FROM (
            SELECT pack.steps || ''::bytea AS steps, pack.words || '{}'::text[] AS words,
                pack.places || '{}'::integer[] AS places
            OFFSET 0
        ) AS flat, generate_series(0, pack.count - 1) AS n
        OFFSET 0
    ) AS taken
$$;
CREATE OR REPLACE FUNCTION newest_packed(pack reading_pack, many integer)
RETURNS TABLE ("time" timestamptz) LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN n = pack.count - 1 THEN pack.stop
        WHEN n = 0 THEN pack.start
        WHEN pack.width = 8 THEN pack.start + interval '1 microsecond' * pack.unit * whole
        ELSE pack.stop - interval '1 microsecond' * pack.unit * (
            pack.step * (pack.count - 1 - n)
            + sum(step) OVER (ORDER BY n DESC ROWS UNBOUNDED PRECEDING)
        )
    END
    FROM (
        SELECT n,
            CASE WHEN pack.width = 8 AND n > 0
            THEN ('x' || encode(substr(flat.steps, 8 * n - 7, 8), 'hex'))::bit(64)::bigint
            END AS whole,
            -- After the last reading there is no step; the 0th adds nothing.
            pack_number(flat.steps, pack.width, (n + 1) % pack.count) AS step
        FROM (SELECT pack.steps || ''::bytea AS steps OFFSET 0) AS flat,
            generate_series(greatest(0, pack.count - many), pack.count - 1) AS n
        OFFSET 0
    ) AS taken
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0027_large_corrections")]

    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
