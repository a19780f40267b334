-- Of the asked series the other minutes of hours with such a minute, whose hour says nothing yet.
SELECT date_bin(%(width)s, fine.bucket, '1970-01-01Z'), fine.sum, fine.count, fine.min,
    fine.max
FROM span
CROSS JOIN LATERAL (
    SELECT bucket, sum, count, min, max FROM rollup_1m
    WHERE series_id = asked.id
        AND bucket >= date_bin('1 hour', span.start, '1970-01-01Z')
        AND bucket < date_bin('1 hour', span.stop + interval '59 minutes', '1970-01-01Z')
    OFFSET 0
) AS fine
WHERE date_bin('1 hour', fine.bucket, '1970-01-01Z') IN (SELECT hour FROM dirty_hour)
    AND NOT EXISTS (SELECT FROM dirty WHERE minute = fine.bucket)
