-- Of the asked series the readings in minutes that are not rolled up yet, each as a piece of its bucket.
SELECT date_bin(%(width)s, one.time, '1970-01-01Z'),
    least(greatest(one.value, -1e290), 1e290), 1, one.value, one.value
FROM span
CROSS JOIN LATERAL numbers_between(asked.id, span.start, span.stop) AS one
WHERE date_bin('1 minute', one.time, '1970-01-01Z') IN (SELECT minute FROM dirty)
