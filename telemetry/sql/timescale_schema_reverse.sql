DROP MATERIALIZED VIEW rollup_1d;
DROP MATERIALIZED VIEW rollup_1h;
DROP MATERIALIZED VIEW rollup_1m;
DROP TABLE rollup_floor, rollup_dirty;
-- One by one: TimescaleDB drops a hypertable only alone.
DROP TABLE text_reading;
DROP TABLE reading;
