-- name: list_held_lanes
-- The lanes of a holder, and how far stored instants may reach on each.
SELECT lane, given_us FROM ingest_lane WHERE holder = %(holder)s ORDER BY lane

-- name: take_lanes
-- Takes lanes whose mark is past, the longest unused first; number and mark of each.
WITH free AS (
    SELECT lane, until_us AS mark
    FROM ingest_lane
    WHERE until_us < %(now_us)s
    ORDER BY until_us, lane
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
UPDATE ingest_lane
SET holder = %(holder)s, until_us = %(until_us)s, given_us = greatest(free.mark, %(given_us)s)
FROM free
WHERE ingest_lane.lane = free.lane
RETURNING ingest_lane.lane, free.mark

-- name: extend_lanes
-- Moves the marks of a holder's lanes on, never back; which lanes they are.
UPDATE ingest_lane
SET
    until_us = greatest(ingest_lane.until_us, %(until_us)s),
    given_us = greatest(ingest_lane.given_us, covered.given_us)
FROM ingest_lane AS mine
LEFT JOIN unnest(%(lanes)s::smallint[], %(covered)s::bigint[]) AS covered (lane, given_us)
    ON covered.lane = mine.lane
WHERE ingest_lane.lane = mine.lane AND ingest_lane.holder = %(holder)s
RETURNING ingest_lane.lane

-- name: release_lanes
-- Gives lanes of a holder back, with the last instant given on each for a mark.
UPDATE ingest_lane
SET holder = '', until_us = given.highest, given_us = given.highest
FROM unnest(%(lanes)s::smallint[], %(highest)s::bigint[]) AS given (lane, highest)
WHERE ingest_lane.lane = given.lane AND ingest_lane.holder = %(holder)s
