"""Who writes under a worker's name; see `telemetry.workers.lease`."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0006_series_chosen")]

    operations = [
        migrations.RunSQL(
            """
            -- At most one process writes under a worker's name, until its row expires.
            CREATE TABLE ingest_lease (
                name text PRIMARY KEY,
                owner text NOT NULL,
                expires_at timestamptz NOT NULL
            );
            """,
            "DROP TABLE ingest_lease",
        )
    ]
