-- name: count_by_rule
-- The rules that fired most often in a span: alerts, times they came back, seconds they stood, and alerts nobody acknowledged. Effects count with their cause, what was over before we knew does not.
SELECT
    rule_id,
    (array_agg(rule_name ORDER BY fired_at DESC, id DESC))[1],
    count(*) AS alerts,
    sum(flaps)::bigint,
    sum(extract(epoch FROM least(coalesce(cleared_at, %(now)s), %(now)s) - started_at))::float8,
    count(*) FILTER (WHERE acknowledged_at IS NULL)
FROM alerts_alert
WHERE fired_at >= %(start)s AND fired_at < %(stop)s AND cause_id IS NULL AND NOT historic
    AND (%(sites)s::bigint[] IS NULL OR site_id = ANY (%(sites)s::bigint[]))
GROUP BY rule_id, CASE WHEN rule_id IS NULL THEN rule_name END
ORDER BY alerts DESC, 2, rule_id
LIMIT %(limit)s

-- name: count_by_device
-- The devices whose alerts came most often in a span, counted as above.
SELECT
    uid,
    (array_agg(device_name ORDER BY fired_at DESC, id DESC))[1],
    count(*) AS alerts,
    sum(flaps)::bigint,
    sum(extract(epoch FROM least(coalesce(cleared_at, %(now)s), %(now)s) - started_at))::float8,
    count(*) FILTER (WHERE acknowledged_at IS NULL)
FROM alerts_alert
WHERE fired_at >= %(start)s AND fired_at < %(stop)s AND cause_id IS NULL AND NOT historic
    AND uid <> ''
    AND (%(sites)s::bigint[] IS NULL OR site_id = ANY (%(sites)s::bigint[]))
GROUP BY uid
ORDER BY alerts DESC, uid
LIMIT %(limit)s

-- name: measure_answers
-- How many alerts fired in a span, how many were acknowledged, how soon, and how long those that are over stood.
SELECT
    count(*),
    count(acknowledged_at),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM acknowledged_at - fired_at)),
    percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM acknowledged_at - fired_at)),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM cleared_at - started_at))
FROM alerts_alert
WHERE fired_at >= %(start)s AND fired_at < %(stop)s AND cause_id IS NULL AND NOT historic
    AND (%(sites)s::bigint[] IS NULL OR site_id = ANY (%(sites)s::bigint[]))
