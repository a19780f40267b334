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
