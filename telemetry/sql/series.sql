-- name: list_lately_deleted_series
-- Series that were deleted within the last so many seconds, by the server's clock.
SELECT series_id FROM deleted_series WHERE deleted_at > now() - make_interval(secs => %(seconds)s)

-- name: create_series
-- Makes the series of these devices and metrics that are missing, in the order given; what was new.
INSERT INTO telemetry_series (device_id, metric, unit, kind, chosen, created_at)
SELECT wanted.device_id, wanted.metric, '', wanted.kind, '{}', now()
FROM unnest(%(devices)s::int[], %(metrics)s::text[], %(kinds)s::text[])
    WITH ORDINALITY AS wanted (device_id, metric, kind, place)
JOIN devices_device AS device ON device.id = wanted.device_id
ORDER BY wanted.place
ON CONFLICT (device_id, metric) DO NOTHING
RETURNING id, device_id, metric, unit, kind, precision

-- name: follow_kinds
-- Gives series the kind of what their devices send, where no operator chose it; what has changed.
UPDATE telemetry_series AS series SET kind = sent.kind
FROM unnest(%(series)s::int[], %(kinds)s::text[]) AS sent (id, kind)
WHERE series.id = sent.id AND series.kind <> sent.kind AND 'kind' <> ALL (series.chosen)
RETURNING series.id, series.device_id, series.metric, series.unit, series.kind, series.precision

-- name: describe_series
-- Gives series the unit and kind their devices say, where no operator chose it; what has changed.
UPDATE telemetry_series AS series
SET unit = coalesce(said.unit, series.unit), kind = coalesce(said.kind, series.kind)
FROM (
    SELECT given.id,
        CASE WHEN given.unit <> '' AND 'unit' <> ALL (old.chosen) THEN given.unit END AS unit,
        CASE WHEN given.kind <> '' AND 'kind' <> ALL (old.chosen) THEN given.kind END AS kind
    FROM unnest(%(series)s::int[], %(units)s::text[], %(kinds)s::text[]) AS given (id, unit, kind)
    JOIN telemetry_series AS old ON old.id = given.id
) AS said
WHERE series.id = said.id AND (series.unit <> said.unit OR series.kind <> said.kind)
RETURNING series.id, series.device_id, series.metric, series.unit, series.kind, series.precision
