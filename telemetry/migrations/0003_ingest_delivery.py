"""What a worker committed and may be sent again; see `bridge.intake.redelivery`."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0002_readings")]

    operations = [
        migrations.RunSQL(
            """
            -- What each committed batch would look like if the broker delivered it again: a bridge killed
            -- between COMMIT and acknowledgement recognises the redelivery of a message whose readings had no
            -- time of their own. Format: bridge.intake.redelivery.
            CREATE TABLE ingest_delivery (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                worker text NOT NULL,
                committed_at timestamptz NOT NULL DEFAULT now(),
                deliveries bytea NOT NULL
            );
            CREATE INDEX ingest_delivery_worker ON ingest_delivery (worker, id);
            """,
            "DROP TABLE ingest_delivery",
        )
    ]
