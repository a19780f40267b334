"""The session of each bridge at the broker; see `telemetry.workers.broker_session`."""

from django.db import migrations

SCHEMA = """
CREATE TABLE ingest_session (
    worker text PRIMARY KEY,
    client_id text NOT NULL,
    filters text[] NOT NULL
);
"""


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0011_job_run")]

    operations = [migrations.RunSQL(SCHEMA, "DROP TABLE ingest_session")]
