-- name: settle
-- Accounts that the broker has as they should be, and of which nothing changed since it was asked.
UPDATE devices_brokeraccount AS account
SET told = account.wanted, failures = 0, error = '', due_at = NULL
FROM unnest(%(uids)s::text[], %(numbers)s::bigint[]) AS seen (uid, wanted)
WHERE account.uid = seen.uid AND account.wanted = seen.wanted;

-- name: forget_sealed
-- The token in the clear of whom the broker has with it, unless there is another by now.
UPDATE devices_device AS device SET token_sealed = ''
FROM unnest(%(uids)s::text[], %(marks)s::text[]) AS seen (uid, mark)
WHERE device.uid = seen.uid AND starts_with(device.token_digest, seen.mark)
    AND device.token_sealed <> '';
