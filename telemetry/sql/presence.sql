-- name: set_connections
-- Set what each device's status topic said; what it changed. Nobody knows when a message was said
-- that the broker had retained: before the device was last heard, so that its telemetry outweighs it.
WITH told AS (
    SELECT said.device_id,
        CASE WHEN said.online THEN 'online' ELSE 'offline' END AS connection,
        coalesce(
            CASE WHEN said.retained THEN present.last_seen_at - interval '1 microsecond' END,
            to_timestamp(said.at / 1e6)
        ) AS at
    FROM unnest(%(devices)s::int[], %(online)s::bool[], %(at)s::bigint[], %(retained)s::bool[])
        AS said (device_id, online, at, retained)
    JOIN devices_device AS device ON device.id = said.device_id
    LEFT JOIN devices_presence AS present ON present.device_id = said.device_id
),
written AS (
    INSERT INTO devices_presence AS kept (device_id, connection, connection_since, told_at, told_by)
    SELECT device_id, connection, at, at, %(worker)s FROM told
    ON CONFLICT (device_id) DO UPDATE
    SET connection = excluded.connection,
        connection_since = CASE
            WHEN kept.connection = excluded.connection THEN kept.connection_since
            ELSE excluded.connection_since
        END,
        -- Also of a word that changes nothing: another worker may come with an older one.
        told_at = excluded.told_at,
        told_by = excluded.told_by
    -- A worker that was behind must not overwrite what a later message said; of one instant the
    -- later commit counts. One worker's come in order, also while its clock steps back.
    WHERE kept.told_by = excluded.told_by
        OR coalesce(kept.told_at, kept.connection_since, '-infinity') <= excluded.told_at
    RETURNING device_id, connection, connection_since, told_at
)
SELECT device_id, connection = 'online', round(date_part('epoch', connection_since) * 1e6)::bigint
FROM written
WHERE connection_since = told_at

-- name: write_seen
-- Set when each device was last heard, how far its clock is ahead, and when its clock was replaced.
-- `lead` is its newest message's own time less the time it was received. A lead is believed once
-- two messages in a row agree on it. Until then the message is as old as it says by the lead that
-- was believed before: a backlog that a broker kept for us is no sign of life, and one time stamp
-- that is wrong does not move the device's clock.
-- Nobody waits for the disk: batches would each time, ten times a second. What a crash of the server
-- takes is half a second of this, which the devices' next messages bring again.
INSERT INTO devices_presence AS kept (
    device_id, connection, last_seen_at, clock_lead, last_lead, clock_replaced_at
)
SELECT heard.device_id, 'unknown', to_timestamp(heard.received / 1e6),
    (heard.measured - heard.received) / 1000, (heard.measured - heard.received) / 1000,
    to_timestamp(nullif(heard.replaced, 0) / 1e6)
FROM (SELECT set_config('synchronous_commit', 'off', true)) AS relaxed
CROSS JOIN unnest(
    %(devices)s::int[], %(received_us)s::bigint[], %(measured_us)s::bigint[], %(replaced)s::bigint[]
) AS heard (device_id, received, measured, replaced)
JOIN devices_device AS device ON device.id = heard.device_id
ON CONFLICT (device_id) DO UPDATE
SET last_seen_at = greatest(
        kept.last_seen_at,
        excluded.last_seen_at + CASE
            WHEN kept.clock_lead IS NULL
                OR abs(excluded.last_lead - kept.clock_lead) <= %(agreement)s
                OR abs(excluded.last_lead - kept.last_lead) <= %(agreement)s
            THEN interval '0'
            ELSE least(0, excluded.last_lead - kept.clock_lead) * interval '1 millisecond'
        END
    ),
    clock_lead = CASE
        WHEN kept.clock_lead IS NULL
            OR abs(excluded.last_lead - kept.clock_lead) <= %(agreement)s
            OR abs(excluded.last_lead - kept.last_lead) <= %(agreement)s
        THEN excluded.last_lead
        ELSE kept.clock_lead
    END,
    last_lead = excluded.last_lead,
    clock_replaced_at = greatest(kept.clock_replaced_at, excluded.clock_replaced_at)
RETURNING device_id, round(date_part('epoch', last_seen_at) * 1e6)::bigint
