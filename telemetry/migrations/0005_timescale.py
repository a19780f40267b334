"""Readings in TimescaleDB's hypertables where the server has it and no reading is stored yet.

Otherwise nothing changes. To decide again: `migrate telemetry 0004`, then `migrate`.
"""

import logging
from importlib import import_module

import psycopg
from django.db import ProgrammingError, migrations, transaction
from django.db.migrations.exceptions import IrreversibleError

logger = logging.getLogger(__name__)

MINIMUM = (2, 23)  # version: the one that the tests run

PLAIN = import_module("telemetry.migrations.0002_readings")  # frozen as this is

SCHEMA = """\
-- Readings on TimescaleDB, in the place of schema.sql: the same names, columns and keys, so every
-- query is the same text on both.

CREATE TABLE reading (
    series_id integer NOT NULL,
    time timestamptz NOT NULL,
    value double precision NOT NULL,
    PRIMARY KEY (series_id, time)
);
CREATE TABLE text_reading (
    series_id integer NOT NULL,
    time timestamptz NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (series_id, time)
);
-- BRIN instead of the default index on time: a refresh asks for a minute of all series, and a B-tree
-- would cost a write for each reading.
CREATE INDEX reading_time_brin ON reading USING brin (time);
CREATE INDEX text_reading_time_brin ON text_reading USING brin (time);
SELECT create_hypertable('reading', by_range('time', INTERVAL '1 day'), create_default_indexes => false);
SELECT create_hypertable(
    'text_reading', by_range('time', INTERVAL '1 day'), create_default_indexes => false
);
ALTER TABLE reading SET (
    timescaledb.compress,
    timescaledb.compress_segmentby = 'series_id',
    timescaledb.compress_orderby = 'time'
);
ALTER TABLE text_reading SET (
    timescaledb.compress,
    timescaledb.compress_segmentby = 'series_id',
    timescaledb.compress_orderby = 'time'
);

-- Materialised only: what is not rolled up yet has its minute in rollup_dirty, and history reads
-- the readings of those minutes. A real-time aggregate would not show a late reading either.
CREATE MATERIALIZED VIEW rollup_1m
WITH (timescaledb.continuous, timescaledb.materialized_only = true) AS
SELECT series_id, time_bucket('1 minute', time) AS bucket,
    count(*)::integer AS count, sum(least(greatest(value, -1e290), 1e290)) AS sum,
    min(value) AS min, max(value) AS max,
    first(value, time) AS first, last(value, time) AS last
FROM reading
GROUP BY series_id, time_bucket('1 minute', time)
WITH NO DATA;

CREATE MATERIALIZED VIEW rollup_1h
WITH (timescaledb.continuous, timescaledb.materialized_only = true) AS
SELECT series_id, time_bucket('1 hour', bucket) AS bucket,
    sum(count)::integer AS count, sum(sum) AS sum, min(min) AS min, max(max) AS max,
    first(first, bucket) AS first, last(last, bucket) AS last
FROM rollup_1m
GROUP BY series_id, time_bucket('1 hour', rollup_1m.bucket)
WITH NO DATA;

CREATE MATERIALIZED VIEW rollup_1d
WITH (timescaledb.continuous, timescaledb.materialized_only = true) AS
SELECT series_id, time_bucket('1 day', bucket) AS bucket,
    sum(count)::integer AS count, sum(sum) AS sum, min(min) AS min, max(max) AS max,
    first(first, bucket) AS first, last(last, bucket) AS last
FROM rollup_1h
GROUP BY series_id, time_bucket('1 day', rollup_1h.bucket)
WITH NO DATA;

-- The identity tells apart the marks a run saw from those written since: a refresh cannot share a
-- transaction with the DELETE of its marks.
CREATE TABLE rollup_dirty (
    minute timestamptz NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY
);

-- Readings or minutes before this were dropped. A refresh there would find none, and delete the
-- summaries that are all that is left of them.
CREATE TABLE rollup_floor (
    floor timestamptz NOT NULL
);
INSERT INTO rollup_floor VALUES ('-infinity');
"""

REVERSE = """\
DROP MATERIALIZED VIEW rollup_1d;
DROP MATERIALIZED VIEW rollup_1h;
DROP MATERIALIZED VIEW rollup_1m;
DROP TABLE rollup_floor, rollup_dirty;
-- One by one: TimescaleDB drops a hypertable only alone.
DROP TABLE text_reading;
DROP TABLE reading;
"""

# Of 0004, on tables that `PLAIN.SCHEMA` makes anew.
PLAIN_INDEXES = """\
CREATE INDEX rollup_1m_bucket_brin ON rollup_1m USING brin (bucket);
CREATE INDEX rollup_1h_bucket_brin ON rollup_1h USING brin (bucket);
"""

LOCK = "LOCK TABLE reading, text_reading IN ACCESS EXCLUSIVE MODE"
# Whether anything was ever measured.
HAS_READINGS = """\
SELECT EXISTS (SELECT FROM reading) OR EXISTS (SELECT FROM text_reading)
    OR EXISTS (SELECT FROM rollup_1m) OR EXISTS (SELECT FROM rollup_1d)
"""
# The version this database has or could have, whether it has it, and whether its loader runs.
EXTENSION = """\
SELECT coalesce(installed_version, default_version), installed_version IS NOT NULL,
    current_setting('timescaledb.disable_load', true) IS NOT NULL
FROM pg_available_extensions WHERE name = 'timescaledb'
"""
# The edition that runs: timescale, or apache without what the schema needs.
LICENCE = "SELECT current_setting('timescaledb.license', true)"
# Whether the readings are in a hypertable; the plain table is a partitioned one, of kind p.
IS_ADOPTED = "SELECT relkind = 'r' FROM pg_class WHERE oid = 'reading'::regclass"


class Unusable(Exception):
    """Why TimescaleDB is not used, worth telling."""


def adopt(apps, schema_editor):
    """Replace the plain tables, still empty, by hypertables where that is possible.

    Says why not when the server has TimescaleDB: nobody must believe it is in use.
    """
    connection = schema_editor.connection
    try:
        with transaction.atomic(connection.alias), connection.cursor() as cursor:
            if not is_available(cursor):
                return
            replace_tables(cursor)
    except Unusable as exc:
        reason = str(exc)
    except ProgrammingError as exc:
        if not isinstance(exc.__cause__, psycopg.errors.InsufficientPrivilege):
            raise
        reason = str(exc).strip()
    else:
        logger.info("readings are in TimescaleDB's hypertables")
        return
    logger.warning("TimescaleDB is there and not used, readings are in plain tables: %s", reason)


def abandon(apps, schema_editor):
    """Go back to the plain tables. Refused when that would delete what was measured."""
    with schema_editor.connection.cursor() as cursor:
        if not fetch(cursor, IS_ADOPTED)[0]:
            return
        cursor.execute(LOCK)
        if fetch(cursor, HAS_READINGS)[0]:
            raise IrreversibleError("There are readings in TimescaleDB's hypertables.")
        for script in (REVERSE, PLAIN.SCHEMA, PLAIN_INDEXES):
            cursor.execute(script)


def is_available(cursor):
    """Whether the server has TimescaleDB. Raises `Unusable` if so, but it cannot be used."""
    row = fetch(cursor, EXTENSION)
    if row is None:
        return False
    version, installed, preloaded = row
    # CREATE EXTENSION without the loader does not fail: it ends the connection.
    if not installed and not preloaded:
        raise Unusable("shared_preload_libraries does not name timescaledb")
    if tuple(int(part) for part in version.split("-")[0].split(".")[:2]) < MINIMUM:
        raise Unusable(f"version {version} is older than {'.'.join(map(str, MINIMUM))}")
    return True


def replace_tables(cursor):
    # A reading between the look and the DROP would be acknowledged and lost.
    cursor.execute(LOCK)
    if fetch(cursor, HAS_READINGS)[0]:
        raise Unusable("there are readings in them already, see docs/operations.md")
    cursor.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    (licence,) = fetch(cursor, LICENCE)
    if licence != "timescale":
        # The Apache edition has neither continuous aggregates nor compression.
        raise Unusable(f"the licence it runs under is {licence}, and must be timescale")
    for script in (PLAIN.REVERSE, SCHEMA):
        cursor.execute(script)


def fetch(cursor, statement):
    cursor.execute(statement)
    return cursor.fetchone()


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0004_deleted_series")]

    operations = [migrations.RunPython(adopt, abandon)]
