DROP TABLE rollup_dirty, rollup_1d, rollup_1h, rollup_1m, text_reading, reading;
