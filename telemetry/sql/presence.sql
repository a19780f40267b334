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
-- For the past, a word that was another one before it. What came later and was no news then may be
-- now that this one is known.
facts AS (
    INSERT INTO devices_presencefact (device_id, at, what, after)
    SELECT told.device_id, word.at, word.what, present.last_seen_at
    FROM told
    LEFT JOIN devices_presence AS present ON present.device_id = told.device_id
    LEFT JOIN LATERAL (
        SELECT what FROM devices_presencefact AS fact
        WHERE fact.device_id = told.device_id AND fact.what IN ('online', 'offline')
            AND fact.what <> 'heard' AND fact.at <= told.at
        ORDER BY fact.at DESC, fact.id DESC LIMIT 1
    ) AS last ON true
    CROSS JOIN LATERAL (
        SELECT told.at, told.connection AS what
        UNION ALL
        SELECT present.told_at, present.connection
        WHERE present.told_at > told.at AND present.told_by <> %(worker)s
    ) AS word
    WHERE last.what IS DISTINCT FROM told.connection
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
-- `first` is when it was heard first of all that is written here: between that and when it was
-- heard last so far, it was not. For the past that is a fact where it is longer than it may be, or
-- where it ends what its status topic said.
-- Nobody waits for the disk: batches would each time, ten times a second. What a crash of the server
-- takes is half a second of this, which the devices' next messages bring again.
WITH heard AS (
    SELECT said.*, present.last_seen_at AS seen,
        to_timestamp(said.received / 1e6) + CASE
            WHEN present.clock_lead IS NULL
                OR abs(said.lead - present.clock_lead) <= %(agreement)s
                OR abs(said.lead - present.last_lead) <= %(agreement)s
            THEN interval '0'
            ELSE least(0, said.lead - present.clock_lead) * interval '1 millisecond'
        END AS at,
        to_timestamp(said.first / 1e6) + CASE
            WHEN present.clock_lead IS NULL
                OR abs(said.first_lead - present.clock_lead) <= %(agreement)s
                OR abs(said.first_lead - present.last_lead) <= %(agreement)s
            THEN interval '0'
            ELSE least(0, said.first_lead - present.clock_lead) * interval '1 millisecond'
        END AS began,
        CASE WHEN present.connection = 'offline' THEN present.connection_since END AS left_at,
        make_interval(secs => device.expected_interval * %(late_intervals)s + %(late_grace)s) AS allowed
    FROM (SELECT set_config('synchronous_commit', 'off', true)) AS relaxed
    CROSS JOIN (
        SELECT device_id, received, (measured - received) / 1000 AS lead, replaced,
            first, (first_measured - first) / 1000 AS first_lead
        FROM unnest(
            %(devices)s::int[], %(received_us)s::bigint[], %(measured_us)s::bigint[],
            %(replaced)s::bigint[], %(first_us)s::bigint[], %(first_measured_us)s::bigint[]
        ) AS given (device_id, received, measured, replaced, first, first_measured)
    ) AS said
    JOIN devices_device AS device ON device.id = said.device_id
    LEFT JOIN devices_presence AS present ON present.device_id = said.device_id
),
facts AS (
    INSERT INTO devices_presencefact AS kept (device_id, at, what, after)
    SELECT device_id, CASE WHEN began <= greatest(seen, left_at) THEN at ELSE began END, 'heard', seen
    FROM heard
    WHERE seen IS NULL OR began - seen > allowed
        OR (seen <= left_at AND at > left_at AND at > seen)
    ON CONFLICT (device_id, after) WHERE what = 'heard' DO UPDATE SET at = least(kept.at, excluded.at)
)
INSERT INTO devices_presence AS kept (
    device_id, connection, last_seen_at, clock_lead, last_lead, clock_replaced_at
)
SELECT device_id, 'unknown', to_timestamp(received / 1e6), lead, lead,
    to_timestamp(nullif(replaced, 0) / 1e6)
FROM heard
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

-- name: note_absences
-- Note for the past that devices were not heard between these moments, where that is longer than it
-- may be: of what is written late, `write_seen` is told the ends alone.
INSERT INTO devices_presencefact AS kept (device_id, at, what, after)
SELECT device.id, to_timestamp(said.at / 1e6), 'heard', to_timestamp(said.after / 1e6)
FROM unnest(%(devices)s::int[], %(since)s::bigint[], %(at)s::bigint[])
    AS said (device_id, after, at)
JOIN devices_device AS device ON device.id = said.device_id
WHERE (said.at - said.after) / 1e6 > device.expected_interval * %(late_intervals)s + %(late_grace)s
ON CONFLICT (device_id, after) WHERE what = 'heard' DO UPDATE SET at = least(kept.at, excluded.at)
