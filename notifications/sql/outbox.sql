-- name: hold_channels
-- Those of the channels that are there and enabled; none is deleted until COMMIT.
SELECT id, name, kind FROM notifications_channel
WHERE id = ANY(%(ids)s) AND enabled ORDER BY id FOR KEY SHARE

-- name: hold_users
-- Those of the users that are there; none is deleted until COMMIT.
SELECT id FROM auth_user WHERE id = ANY(%(ids)s) ORDER BY id FOR KEY SHARE

-- name: hold_sites
-- Those of the sites that are there; none is deleted until COMMIT.
SELECT id FROM devices_site WHERE id = ANY(%(ids)s) ORDER BY id FOR KEY SHARE
