-- name: list_workers
-- Those that take what devices send: since when each is connected, and until when it dealt with all.
SELECT name,
    CASE WHEN coalesce((counters->>'connected')::int, 1) > 0 THEN round(1e3 * coalesce(
        extract(epoch FROM updated_at) - (counters->>'connected_for_ms')::float8 / 1e3,
        extract(epoch FROM started_at)
    ))::bigint END,
    round(extract(epoch FROM updated_at) * 1e3 - coalesce((counters->>'lag_ms')::float8, 0))::bigint
FROM telemetry_ingestworker
ORDER BY name

-- name: lock_known
-- Until when it is known whether somebody listened, for the one process that goes on with it; no row
-- while another does.
SELECT round(extract(epoch FROM until) * 1e3)::bigint FROM devices_presenceknown
WHERE id = 1 FOR UPDATE SKIP LOCKED

-- name: make_known
-- Makes the row: of the time before nothing is known.
INSERT INTO devices_presenceknown (id, until) VALUES (1, to_timestamp(0)) ON CONFLICT DO NOTHING

-- name: set_known
-- Notes until when it is known.
UPDATE devices_presenceknown SET until = to_timestamp(%(until_ms)s::float8 / 1e3) WHERE id = 1

-- name: note_unknown
-- Notes a span in which nobody listened; one that ends where this begins is made longer.
WITH longer AS (
    UPDATE devices_presenceunknown SET stop = greatest(stop, to_timestamp(%(stop_ms)s::float8 / 1e3))
    WHERE stop >= to_timestamp(%(start_ms)s::float8 / 1e3) AND start <= to_timestamp(%(start_ms)s::float8 / 1e3)
    RETURNING id
)
INSERT INTO devices_presenceunknown (start, stop)
SELECT to_timestamp(%(start_ms)s::float8 / 1e3), to_timestamp(%(stop_ms)s::float8 / 1e3)
WHERE NOT EXISTS (SELECT FROM longer)

-- name: note_judged
-- Notes by which interval each device is judged from when it was changed, or that it is not.
INSERT INTO devices_presencefact (device_id, at, what, interval)
SELECT device.id,
    CASE WHEN last.at IS NULL THEN device.created_at
        ELSE greatest(last.at, least(device.updated_at, clock_timestamp())) END,
    now_is.what, device.expected_interval
FROM devices_device AS device
CROSS JOIN LATERAL (
    SELECT CASE WHEN device.enabled AND device.removed_at IS NULL THEN 'expected'
        ELSE 'disabled' END AS what
) AS now_is
LEFT JOIN LATERAL (
    SELECT at, what, interval FROM devices_presencefact AS fact
    WHERE fact.device_id = device.id AND fact.what IN ('expected', 'disabled')
        AND fact.what <> 'heard'
    ORDER BY fact.at DESC, fact.id DESC LIMIT 1
) AS last ON true
WHERE device.updated_at >= to_timestamp(%(since_ms)s::float8 / 1e3)
    AND (last.what, last.interval) IS DISTINCT FROM (now_is.what, device.expected_interval)

-- name: drop_future
-- After the clock was set back: of what lies in the future now, the newest of each sort stays.
DELETE FROM devices_presencefact AS fact
WHERE at > to_timestamp(%(now_ms)s::float8 / 1e3)
    AND (what = 'heard' AND after > to_timestamp(%(now_ms)s::float8 / 1e3) OR EXISTS (
        SELECT FROM devices_presencefact AS newer
        WHERE newer.device_id = fact.device_id AND (newer.at, newer.id) > (fact.at, fact.id)
            AND CASE fact.what
                WHEN 'heard' THEN false
                WHEN 'online' THEN newer.what IN ('online', 'offline')
                WHEN 'offline' THEN newer.what IN ('online', 'offline')
                ELSE newer.what IN ('expected', 'disabled')
            END
    ))

-- name: move_future
-- And that is now.
UPDATE devices_presencefact SET at = to_timestamp(%(now_ms)s::float8 / 1e3),
    after = least(after, to_timestamp(%(now_ms)s::float8 / 1e3))
WHERE at > to_timestamp(%(now_ms)s::float8 / 1e3)

-- name: trim_unknown
-- No span ends in the future.
UPDATE devices_presenceunknown SET stop = to_timestamp(%(now_ms)s::float8 / 1e3),
    start = least(start, to_timestamp(%(now_ms)s::float8 / 1e3))
WHERE stop > to_timestamp(%(now_ms)s::float8 / 1e3)

-- name: list_away
-- Devices that may be silent or offline, and those of which that was said last.
SELECT device.id, present.connection, present.connection_since, present.last_seen_at,
    device.expected_interval, device.enabled AND device.removed_at IS NULL, away.state, away.since,
    (
        SELECT min(fact.at) FROM devices_presencefact AS fact
        WHERE fact.device_id = device.id AND fact.at >= away.since
            AND fact.what IN ('heard', 'online')
    ),
    (
        SELECT min(fact.at) FROM devices_presencefact AS fact
        WHERE fact.device_id = device.id AND fact.what = 'expected' AND fact.what <> 'heard'
            AND fact.at > (
                SELECT max(before.at) FROM devices_presencefact AS before
                WHERE before.device_id = device.id AND before.what = 'disabled'
                    AND before.what <> 'heard'
            )
    )
FROM devices_device AS device
JOIN devices_presence AS present ON present.device_id = device.id
LEFT JOIN devices_presenceaway AS away ON away.device_id = device.id
WHERE away.device_id IS NOT NULL OR device.enabled AND device.removed_at IS NULL AND (
    present.connection = 'offline'
    OR coalesce(
        greatest(
            present.last_seen_at,
            CASE WHEN present.connection = 'online' THEN present.connection_since END
        ),
        'infinity'
    ) < to_timestamp(%(known_ms)s::float8 / 1e3)
        - make_interval(secs => greatest(device.expected_interval * %(intervals)s, %(least)s))
)
ORDER BY device.id

-- name: list_facts
-- What is kept of devices in a window, with what held when it began and what ends what goes on at
-- its end.
SELECT device_id, round(extract(epoch FROM at) * 1e3)::bigint, what,
    round(extract(epoch FROM after) * 1e3)::bigint, interval
FROM (
    SELECT device_id, at, what, after, interval FROM devices_presencefact
    WHERE device_id = ANY(%(devices)s::int[])
        AND at >= to_timestamp(%(start_ms)s::float8 / 1e3) AND at <= to_timestamp(%(stop_ms)s::float8 / 1e3)
    UNION ALL
    SELECT wanted.id, base.at, base.what, base.after, base.interval
    FROM unnest(%(devices)s::int[]) AS wanted (id)
    CROSS JOIN LATERAL (
        (SELECT at, what, after, interval FROM devices_presencefact AS fact
        WHERE fact.device_id = wanted.id AND fact.what IN ('online', 'offline')
            AND fact.what <> 'heard' AND at < to_timestamp(%(start_ms)s::float8 / 1e3)
        ORDER BY at DESC, id DESC LIMIT 1)
        UNION ALL
        -- Two: what holds, and whether the device was disabled before that.
        (SELECT at, what, after, interval FROM devices_presencefact AS fact
        WHERE fact.device_id = wanted.id AND fact.what IN ('expected', 'disabled')
            AND fact.what <> 'heard' AND at < to_timestamp(%(start_ms)s::float8 / 1e3)
        ORDER BY at DESC, id DESC LIMIT 2)
        UNION ALL
        (SELECT at, what, after, interval FROM devices_presencefact AS fact
        WHERE fact.device_id = wanted.id AND fact.what = 'heard'
            AND at < to_timestamp(%(start_ms)s::float8 / 1e3)
        ORDER BY at DESC LIMIT 1)
        UNION ALL
        (SELECT at, what, after, interval FROM devices_presencefact AS fact
        WHERE fact.device_id = wanted.id AND fact.what = 'forgotten' AND fact.what <> 'heard'
            AND at < to_timestamp(%(start_ms)s::float8 / 1e3)
        ORDER BY at DESC LIMIT 1)
        UNION ALL
        (SELECT at, what, after, interval FROM devices_presencefact AS fact
        WHERE fact.device_id = wanted.id AND fact.what = 'heard'
            AND at > to_timestamp(%(stop_ms)s::float8 / 1e3)
        ORDER BY at LIMIT 1)
    ) AS base
) AS found
ORDER BY device_id, at

-- name: list_unknown
-- The spans of a window in which nobody listened.
SELECT round(extract(epoch FROM start) * 1e3)::bigint, round(extract(epoch FROM stop) * 1e3)::bigint
FROM devices_presenceunknown
WHERE stop > to_timestamp(%(start_ms)s::float8 / 1e3) AND start < to_timestamp(%(stop_ms)s::float8 / 1e3)
ORDER BY start

-- name: fetch_listened_from
-- Since when somebody has listened without a break.
SELECT round(extract(epoch FROM max(stop)) * 1e3)::bigint FROM devices_presenceunknown

-- name: fetch_known
-- Until when it is known whether somebody listened.
SELECT round(extract(epoch FROM until) * 1e3)::bigint FROM devices_presenceknown WHERE id = 1

-- name: forget_facts
-- Deletes facts from before a time, but what still holds then.
DELETE FROM devices_presencefact AS fact
WHERE at < to_timestamp(%(before_ms)s::float8 / 1e3) AND EXISTS (
    SELECT FROM devices_presencefact AS newer
    WHERE newer.device_id = fact.device_id AND newer.at < to_timestamp(%(before_ms)s::float8 / 1e3)
        AND (newer.at, newer.id) > (fact.at, fact.id)
        AND CASE WHEN fact.what IN ('online', 'offline') THEN newer.what IN ('online', 'offline')
            WHEN fact.what IN ('expected', 'disabled') THEN newer.what IN ('expected', 'disabled')
            ELSE newer.what = fact.what END
)

-- name: forget_unknown
-- Deletes spans from before a time; of what is before it nothing is known.
DELETE FROM devices_presenceunknown WHERE stop < to_timestamp(%(before_ms)s::float8 / 1e3)

-- name: list_chatty
-- Devices with more facts than are kept of one, and when the oldest is that stays.
SELECT device_id, (
    SELECT round(extract(epoch FROM fact.at) * 1e3)::bigint FROM devices_presencefact AS fact
    WHERE fact.device_id = many.device_id ORDER BY fact.at DESC, fact.id DESC OFFSET %(most)s LIMIT 1
)
FROM (
    SELECT device_id FROM devices_presencefact GROUP BY device_id HAVING count(*) > %(most)s
) AS many
ORDER BY device_id

-- name: forget_of_device
-- Deletes a device's facts up to a time, but what still holds then.
DELETE FROM devices_presencefact AS fact
WHERE device_id = %(device)s AND at < to_timestamp(%(before_ms)s::float8 / 1e3) AND EXISTS (
    SELECT FROM devices_presencefact AS newer
    WHERE newer.device_id = fact.device_id AND newer.at < to_timestamp(%(before_ms)s::float8 / 1e3)
        AND (newer.at, newer.id) > (fact.at, fact.id)
        AND CASE WHEN fact.what IN ('online', 'offline') THEN newer.what IN ('online', 'offline')
            WHEN fact.what IN ('expected', 'disabled') THEN newer.what IN ('expected', 'disabled')
            ELSE newer.what = fact.what END
)

-- name: note_forgotten
-- Says since when facts of a device are kept.
INSERT INTO devices_presencefact (device_id, at, what)
VALUES (%(device)s, to_timestamp(%(before_ms)s::float8 / 1e3), 'forgotten')
