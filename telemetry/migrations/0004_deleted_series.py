"""Note deleted series for maintenance."""

from django.db import migrations

SCHEMA = """\
-- Deleting a device must not wait for its millions of readings: its series are noted here, by a
-- trigger because it also sees what bypasses the ORM, and maintenance deletes the readings later.
CREATE TABLE deleted_series (
    series_id integer PRIMARY KEY,
    deleted_at timestamptz NOT NULL DEFAULT now()
);
CREATE FUNCTION note_deleted_series() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO deleted_series (series_id) SELECT id FROM gone ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER note_deleted_series AFTER DELETE ON telemetry_series
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION note_deleted_series();

-- Rollups and retention ask for a time across all series, which the primary key cannot find.
CREATE INDEX rollup_1m_bucket_brin ON rollup_1m USING brin (bucket);
CREATE INDEX rollup_1h_bucket_brin ON rollup_1h USING brin (bucket);
"""

REVERSE = """\
DROP INDEX rollup_1h_bucket_brin;
DROP INDEX rollup_1m_bucket_brin;
DROP TRIGGER note_deleted_series ON telemetry_series;
DROP FUNCTION note_deleted_series;
DROP TABLE deleted_series;
"""


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0003_ingest_delivery")]

    operations = [migrations.RunSQL(SCHEMA, REVERSE)]
