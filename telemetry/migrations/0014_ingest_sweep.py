"""Who of a group of bridges last fetched what the broker kept; see
`telemetry.workers.broker_session`."""

from django.db import migrations

SCHEMA = """
CREATE TABLE ingest_sweep (
    name text PRIMARY KEY,
    worker text NOT NULL,
    at timestamptz NOT NULL
);
"""


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0013_series_label")]

    operations = [migrations.RunSQL(SCHEMA, "DROP TABLE ingest_sweep")]
