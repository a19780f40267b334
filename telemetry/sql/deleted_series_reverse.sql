DROP INDEX rollup_1h_bucket_brin;
DROP INDEX rollup_1m_bucket_brin;
DROP TRIGGER note_deleted_series ON telemetry_series;
DROP FUNCTION note_deleted_series;
DROP TABLE deleted_series;
