-- What is not rolled up yet of [from, to) and of these series. Minutes within an hour of each other are
-- one span. Postgres works out none that a statement does not name.
WITH dirty AS MATERIALIZED (
    SELECT minute FROM dirty_minutes_of(%(series)s::int[], %(start)s, %(stop)s)
), span AS MATERIALIZED (
    SELECT min(minute) AS start, max(minute) + interval '1 minute' AS stop
    FROM (
        SELECT minute, count(*) FILTER (WHERE minute > before + interval '1 hour')
            OVER (ORDER BY minute) AS island
        FROM (SELECT minute, lag(minute) OVER (ORDER BY minute) AS before FROM dirty) AS pair
    ) AS numbered
    GROUP BY island
), dirty_hour AS MATERIALIZED (
    SELECT DISTINCT date_bin('1 hour', minute, '1970-01-01Z') AS hour FROM dirty
), dirty_day AS MATERIALIZED (
    SELECT DISTINCT date_bin('1 day', hour, '1970-01-01Z') AS day FROM dirty_hour
)
