"""The series of a commit as ranges: its row cost a batch more than all else beside the readings."""

from django.db import migrations

# Pairs of int4 in network order: the first id of each range, and the one after its last.
FORWARD = """\
CREATE FUNCTION pg_temp.ranges_of(ids integer[]) RETURNS bytea LANGUAGE sql AS $$
    SELECT coalesce(string_agg(int4send(first) || int4send(last + 1), '' ORDER BY first), '')
    FROM (
        SELECT min(id) AS first, max(id) AS last
        FROM (
            SELECT id, id - row_number() OVER (ORDER BY id) AS island
            FROM (SELECT DISTINCT unnest(ids) AS id) AS each
        ) AS numbered
        GROUP BY island
    ) AS range
$$;
ALTER TABLE commit_log ALTER COLUMN series TYPE bytea USING pg_temp.ranges_of(series);
DROP FUNCTION pg_temp.ranges_of;
"""

REVERSE = """\
CREATE FUNCTION pg_temp.ids_of(ranges bytea) RETURNS integer[] LANGUAGE sql AS $$
    SELECT coalesce(array_agg(id ORDER BY id), '{}')
    FROM generate_series(0, length(ranges) / 8 - 1) AS place, generate_series(
        ('x' || encode(substr(ranges, 8 * place + 1, 4), 'hex'))::bit(32)::integer,
        ('x' || encode(substr(ranges, 8 * place + 5, 4), 'hex'))::bit(32)::integer - 1
    ) AS id
$$;
ALTER TABLE commit_log ALTER COLUMN series TYPE integer[] USING pg_temp.ids_of(series);
DROP FUNCTION pg_temp.ids_of;
"""


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0015_series_texts_since")]

    operations = [migrations.RunSQL(FORWARD, REVERSE)]
