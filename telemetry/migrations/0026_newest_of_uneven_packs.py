"""When the newest readings of a pack came, also where the times between them differ.

The sum over the steps was taken also at the very last reading, which no step follows: Postgres
refuses to look for a byte that is not there, whatever CASE chooses.
"""

from django.db import migrations

FORWARD = """\
CREATE OR REPLACE FUNCTION newest_packed(pack reading_pack, many integer)
RETURNS TABLE ("time" timestamptz) LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN n = pack.count - 1 THEN pack.stop
        WHEN n = 0 THEN pack.start
        WHEN pack.width = 8 THEN pack.start + interval '1 microsecond' * pack.unit
            * ('x' || encode(substr(flat.steps, 8 * n - 7, 8), 'hex'))::bit(64)::bigint
        ELSE pack.stop - interval '1 microsecond' * pack.unit * (
            pack.step * (pack.count - 1 - n)
            -- After the last reading there is no step; the 0th adds nothing.
            + sum(pack_number(flat.steps, pack.width, (n + 1) % pack.count))
                OVER (ORDER BY n DESC ROWS UNBOUNDED PRECEDING)
        )
    END
    FROM (SELECT pack.steps || ''::bytea AS steps OFFSET 0) AS flat,
        generate_series(greatest(0, pack.count - many), pack.count - 1) AS n
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0025_retention_rules")]

    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
