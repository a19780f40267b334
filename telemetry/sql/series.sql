-- name: list_lately_deleted_series
-- Series that were deleted within the last so many seconds, by the server's clock.
SELECT series_id FROM deleted_series WHERE deleted_at > now() - make_interval(secs => %(seconds)s)
