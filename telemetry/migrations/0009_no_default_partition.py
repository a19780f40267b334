"""A partition for each day of the default partitions, which then go.

While a default partition exists, Postgres can detach no partition without locking the whole table,
and a batch that meets an ATTACH is refused. Nothing to do on TimescaleDB.
"""

from django.db import migrations

FORWARD = """\
DO $$
DECLARE
    parent text;
    day date;
    name text;
BEGIN
    IF (SELECT relkind <> 'p' FROM pg_class WHERE oid = 'reading'::regclass) THEN
        RETURN;
    END IF;
    FOREACH parent IN ARRAY ARRAY['reading', 'text_reading'] LOOP
        EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, parent || '_default');
        FOR day IN EXECUTE format(
            'SELECT DISTINCT (time AT TIME ZONE ''UTC'')::date FROM %I', parent || '_default'
        ) LOOP
            name := parent || to_char(day, '_YYYYMMDD');
            EXECUTE format(
                'CREATE TABLE %I (LIKE %I INCLUDING ALL)'
                ' WITH (autovacuum_vacuum_insert_threshold = -1)',
                name, parent
            );
            EXECUTE format(
                'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                parent, name, day || ' 00:00:00+00', (day + 1) || ' 00:00:00+00'
            );
        END LOOP;
        EXECUTE format('INSERT INTO %I SELECT * FROM %I', parent, parent || '_default');
        EXECUTE format('DROP TABLE %I', parent || '_default');
    END LOOP;
END $$;
"""

REVERSE = """\
DO $$
BEGIN
    IF (SELECT relkind = 'p' FROM pg_class WHERE oid = 'reading'::regclass) THEN
        CREATE TABLE reading_default PARTITION OF reading DEFAULT;
        CREATE TABLE text_reading_default PARTITION OF text_reading DEFAULT;
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0008_ingest_lane")]

    operations = [migrations.RunSQL(FORWARD, REVERSE)]
