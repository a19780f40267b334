-- name: list_deleted_series
-- Series that were deleted and whose readings may still be there, oldest first, up to a limit.
SELECT series_id FROM deleted_series ORDER BY deleted_at, series_id LIMIT %(limit)s

-- name: forget_deleted_series
-- Forgets those of the series that were deleted before a moment: nothing writes to them any more.
DELETE FROM deleted_series
WHERE series_id = ANY (%(series)s::int[]) AND deleted_at < %(before)s

-- name: fetch_oldest_dirty_minute
-- The oldest minute that is not rolled up yet, if any.
SELECT min(minute) FROM rollup_dirty
