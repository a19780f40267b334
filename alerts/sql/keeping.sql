-- name: forget_alerts
-- Deletes a bounded number of alerts that cleared long ago, with their events; one that others name as their cause goes after them, one that its target may take up again stays.
WITH old AS MATERIALIZED (
    SELECT id FROM alerts_alert AS alert
    WHERE cleared_at < %(before)s
        AND NOT EXISTS (SELECT FROM alerts_alert AS effect WHERE effect.cause_id = alert.id)
        AND NOT EXISTS (SELECT FROM alerts_targetstate AS state WHERE state.alert_id = alert.id)
    LIMIT %(limit)s
), events AS (
    DELETE FROM alerts_alertevent WHERE alert_id IN (SELECT id FROM old)
)
DELETE FROM alerts_alert WHERE id IN (SELECT id FROM old)

-- name: forget_silences
-- Deletes a bounded number of silences that ended long ago.
DELETE FROM alerts_silence WHERE id IN (
    SELECT id FROM alerts_silence WHERE ends_at < %(before)s LIMIT %(limit)s
)
