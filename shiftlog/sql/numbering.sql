-- name: hold_counter
-- The last number, for the one caller that may give numbers until its transaction ends; others wait.
INSERT INTO shiftlog_counter AS counter (id, last) VALUES (1, 0)
ON CONFLICT (id) DO UPDATE SET last = counter.last RETURNING last

-- name: give_numbers
-- Numbers a bounded number of entries that were written or changed. A row that somebody holds is left to whoever comes after them: who holds the counter waits for nobody.
WITH waiting AS MATERIALIZED (
    SELECT id FROM shiftlog_entry WHERE unnumbered ORDER BY id LIMIT %(limit)s
    FOR NO KEY UPDATE SKIP LOCKED
), numbered AS (
    SELECT id, %(last)s + row_number() OVER (ORDER BY id) AS number FROM waiting
)
UPDATE shiftlog_entry AS entry SET
    version = number,
    place = CASE WHEN place = 0 THEN number ELSE place END,
    unnumbered = false
FROM numbered WHERE entry.id = numbered.id
RETURNING entry.id

-- name: move_counter
-- Notes the last number that was given.
UPDATE shiftlog_counter SET last = %(last)s WHERE id = 1
