-- Each of these series, before when its newest reading is looked for, and whether it may have texts. What
-- is ahead of now and of the device's own clock by more than `ahead` has a wrong time stamp, and would
-- stay the newest until then.
FROM (
    SELECT series.id, least(
        %(before)s,
        %(now)s + %(ahead)s + greatest(0, presence.clock_lead) * interval '1 millisecond'
    ) AS before, series.texts_since IS NOT NULL OR series.kind = 'text' AS words
    FROM unnest(%(series)s::int[]) AS wanted (id)
    JOIN telemetry_series AS series ON series.id = wanted.id
    LEFT JOIN devices_presence AS presence ON presence.device_id = series.device_id
) AS asked
