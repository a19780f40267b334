"""Lanes of receive instants; see `telemetry.workers.lanes`. What was noted of deliveries before
counted in milliseconds, and a worker that ended in order needs none of it."""

from django.db import migrations

SCHEMA = """
CREATE TABLE ingest_lane (
    lane smallint PRIMARY KEY,
    holder text NOT NULL DEFAULT '',
    until_us bigint NOT NULL DEFAULT 0,
    given_us bigint NOT NULL DEFAULT 0
);
-- Lane 0 is that of replays and belongs to nobody.
INSERT INTO ingest_lane (lane) SELECT generate_series(1, 199);
TRUNCATE ingest_delivery;
ALTER TABLE ingest_delivery
    ADD COLUMN process text NOT NULL DEFAULT '',
    ADD COLUMN serial bigint NOT NULL DEFAULT 0;
"""

REVERSE = """
ALTER TABLE ingest_delivery DROP COLUMN process, DROP COLUMN serial;
DROP TABLE ingest_lane;
"""


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0007_ingest_lease")]

    operations = [migrations.RunSQL(SCHEMA, REVERSE)]
