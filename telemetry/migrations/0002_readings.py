"""The reading and rollup tables on plain Postgres."""

from django.db import migrations

SCHEMA = """\
-- Readings on plain Postgres: two tables partitioned by day, keyed by (series, time) so that a
-- redelivered reading conflicts with itself. No foreign key to series: at a hundred thousand rows
-- a second its check would cost more than the insert.

CREATE TABLE reading (
    series_id integer NOT NULL,
    time timestamptz NOT NULL,
    value double precision NOT NULL,
    PRIMARY KEY (series_id, time)
) PARTITION BY RANGE (time);
CREATE INDEX reading_time_brin ON reading USING brin (time);

CREATE TABLE text_reading (
    series_id integer NOT NULL,
    time timestamptz NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (series_id, time)
) PARTITION BY RANGE (time);
CREATE INDEX text_reading_time_brin ON text_reading USING brin (time);

-- Holds what no daily partition covers: history that arrives later than the partitions reach back.
CREATE TABLE reading_default PARTITION OF reading DEFAULT;
CREATE TABLE text_reading_default PARTITION OF text_reading DEFAULT;

CREATE TABLE rollup_1m (
    series_id integer NOT NULL,
    bucket timestamptz NOT NULL,
    count integer NOT NULL,
    sum double precision NOT NULL,
    min double precision NOT NULL,
    max double precision NOT NULL,
    first double precision NOT NULL,
    last double precision NOT NULL,
    PRIMARY KEY (series_id, bucket)
);
CREATE TABLE rollup_1h (LIKE rollup_1m INCLUDING ALL);
CREATE TABLE rollup_1d (LIKE rollup_1m INCLUDING ALL);

-- Minutes that got readings since they were last rolled up. Append-only on purpose: a unique key
-- would make concurrent bridges wait for each other, and for the rollup, on the row of this minute.
CREATE TABLE rollup_dirty (
    minute timestamptz NOT NULL
);
"""

REVERSE = """\
DROP TABLE rollup_dirty, rollup_1d, rollup_1h, rollup_1m, text_reading, reading;
"""


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0001_initial")]

    operations = [migrations.RunSQL(SCHEMA, REVERSE)]
