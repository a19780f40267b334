-- name: list_lately_deleted_series
-- Series that were deleted within the last so many seconds, by the server's clock.
SELECT series_id FROM deleted_series WHERE deleted_at > now() - make_interval(secs => %(seconds)s)

-- name: list_lately_with_texts
-- Series whose first text came within the last so many seconds, by the server's clock.
SELECT id FROM telemetry_series WHERE texts_since > now() - make_interval(secs => %(seconds)s)

-- name: note_texts
-- Notes that these series have texts, where it is not noted yet.
UPDATE telemetry_series SET texts_since = now() WHERE id = ANY (%(series)s) AND texts_since IS NULL

-- name: create_series
-- Makes the series of these devices and metrics that are missing, in the order given; what was new.
INSERT INTO telemetry_series (device_id, metric, unit, kind, quantity, chosen, created_at)
SELECT wanted.device_id, wanted.metric, wanted.unit, wanted.kind, wanted.quantity, '{}', now()
FROM unnest(
    %(devices)s::int[], %(metrics)s::text[], %(kinds)s::text[], %(units)s::text[],
    %(quantities)s::text[]
) WITH ORDINALITY AS wanted (device_id, metric, kind, unit, quantity, place)
JOIN devices_device AS device ON device.id = wanted.device_id
ORDER BY wanted.place
ON CONFLICT (device_id, metric) DO NOTHING
RETURNING id, device_id, metric, unit, kind, precision, label, quantity

-- name: follow_kinds
-- Gives series the kind of what their devices send, where no operator chose it; what has changed.
UPDATE telemetry_series AS series SET kind = sent.kind
FROM unnest(%(series)s::int[], %(kinds)s::text[]) AS sent (id, kind)
WHERE series.id = sent.id AND series.kind <> sent.kind AND 'kind' <> ALL (series.chosen)
RETURNING series.id, series.device_id, series.metric, series.unit, series.kind, series.precision,
    series.label, series.quantity

-- name: describe_series
-- Gives series what their devices say of them, where no operator chose it; what has changed.
UPDATE telemetry_series AS series
SET unit = said.unit, kind = said.kind, label = said.label, quantity = said.quantity,
    precision = said.precision
FROM (
    SELECT old.id,
        CASE WHEN given.unit <> '' AND 'unit' <> ALL (old.chosen)
            THEN given.unit ELSE old.unit END AS unit,
        CASE WHEN given.kind <> '' AND 'kind' <> ALL (old.chosen)
            THEN given.kind ELSE old.kind END AS kind,
        CASE WHEN given.label <> '' AND 'label' <> ALL (old.chosen)
            THEN given.label ELSE old.label END AS label,
        CASE WHEN given.quantity <> '' AND 'quantity' <> ALL (old.chosen)
            THEN given.quantity ELSE old.quantity END AS quantity,
        CASE WHEN given.precision IS NOT NULL AND 'precision' <> ALL (old.chosen)
            THEN given.precision ELSE old.precision END AS precision
    FROM unnest(
        %(series)s::int[], %(unit)s::text[], %(kind)s::text[], %(label)s::text[],
        %(quantity)s::text[], %(precision)s::smallint[]
    ) AS given (id, unit, kind, label, quantity, precision)
    JOIN telemetry_series AS old ON old.id = given.id
) AS said
WHERE series.id = said.id
    AND (series.unit, series.kind, series.label, series.quantity, series.precision)
        IS DISTINCT FROM (said.unit, said.kind, said.label, said.quantity, said.precision)
RETURNING series.id, series.device_id, series.metric, series.unit, series.kind, series.precision,
    series.label, series.quantity
