-- name: fetch_newest_instants
-- When a series has numbers from one time to another, both included, newest first, up to a limit.
SELECT round(date_part('epoch', time) * 1e6)::bigint
FROM newest_numbers(
    %(series_id)s, %(start)s, %(stop)s::timestamptz + interval '1 microsecond', %(limit)s
)
ORDER BY time DESC
LIMIT %(limit)s

-- name: fetch_instant_after
-- When a series has its next number after so many of those from one time to another, both included.
SELECT round(date_part('epoch', time) * 1e6)::bigint
FROM oldest_numbers(
    %(series_id)s, %(start)s, %(stop)s::timestamptz + interval '1 microsecond', %(limit)s + 1
)
ORDER BY time
OFFSET %(limit)s
LIMIT 1

-- name: estimate_numbers
-- About how many numbers a series has in [from, to), by its hours.
SELECT coalesce(sum(count), 0) FROM rollup_1h
WHERE series_id = %(series_id)s AND bucket >= %(start)s AND bucket < %(stop)s
