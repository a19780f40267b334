"""Who may be at a broker, and which topics each may use, said once: for our own telling, for the HTTP
endpoints, and for brokers that read Postgres (docs/broker-accounts.md)."""

from django.db import migrations

VIEWS = """
CREATE INDEX devices_device_second_name ON devices_device ((uid || '.2'));
CREATE INDEX devices_device_gateway ON devices_device (id) WHERE mqtt_filters <> '{}';

-- An alias gives nobody the voice of a device that is registered by that name. A gateway speaks for
-- devices of its own site; one at no site belongs to who administers all of them.
CREATE VIEW mqtt_device_topics AS
SELECT id AS device_id, 'devices/' || uid || '/#' AS topic FROM devices_device
UNION ALL
SELECT device_id, 'devices/' || alias || '/#' FROM devices_devicealias AS other
WHERE NOT EXISTS (SELECT FROM devices_device AS device WHERE device.uid = other.alias)
UNION ALL
SELECT gateway.id, named.filter::text
FROM devices_device AS gateway CROSS JOIN LATERAL unnest(gateway.mqtt_filters) AS named(filter)
WHERE gateway.mqtt_filters <> '{}' AND (
    named.filter NOT LIKE 'devices/%' OR gateway.site_id IS NULL
    OR NOT EXISTS (
        SELECT FROM devices_device AS child
        WHERE child.uid = split_part(named.filter, '/', 2)
            AND child.site_id IS DISTINCT FROM gateway.site_id
        UNION ALL
        SELECT FROM devices_devicealias AS called
        JOIN devices_device AS child ON child.id = called.device_id
        WHERE called.alias = split_part(named.filter, '/', 2)
            AND child.site_id IS DISTINCT FROM gateway.site_id
    )
);

CREATE VIEW mqtt_device_accounts AS
SELECT id AS device_id, uid::text AS username, token_digest AS digest, token_verifier AS verifier
FROM devices_device
WHERE NOT uses_second_name AND token_digest <> '' AND enabled AND removed_at IS NULL
UNION ALL
SELECT id, uid || '.2', token_digest, token_verifier FROM devices_device
WHERE uses_second_name AND token_digest <> '' AND enabled AND removed_at IS NULL
UNION ALL
SELECT id, uid::text, former_digest, former_verifier FROM devices_device
WHERE uses_second_name AND former_digest <> '' AND former_until > statement_timestamp()
    AND enabled AND removed_at IS NULL
UNION ALL
SELECT id, uid || '.2', former_digest, former_verifier FROM devices_device
WHERE NOT uses_second_name AND former_digest <> '' AND former_until > statement_timestamp()
    AND enabled AND removed_at IS NULL;

CREATE VIEW mqtt_accounts AS
SELECT username, digest AS password_sha256,
    CASE WHEN verifier <> '' THEN 'PBKDF2$sha512$1$' || verifier END AS password_pbkdf2,
    false AS is_superuser
FROM mqtt_device_accounts;

CREATE VIEW mqtt_topics AS
SELECT username, topic, 'all' AS action, 'allow' AS permission
FROM mqtt_device_accounts JOIN mqtt_device_topics USING (device_id);
"""
NO_VIEWS = """
DROP VIEW mqtt_topics;
DROP VIEW mqtt_accounts;
DROP VIEW mqtt_device_accounts;
DROP VIEW mqtt_device_topics;
DROP INDEX devices_device_gateway;
DROP INDEX devices_device_second_name;
"""

# What a device may follows from who else has which uid, and where it stands.
TELL_OTHERS = """
CREATE FUNCTION tell_broker_of_others(uids text[]) RETURNS void LANGUAGE sql AS $$
  SELECT tell_broker_of(array_agg(uid::text)) FROM (
    SELECT device.uid FROM devices_devicealias AS called
    JOIN devices_device AS device ON device.id = called.device_id
    WHERE called.alias = ANY(uids) AND device.token_digest <> ''
    UNION
    SELECT gateway.uid FROM devices_device AS gateway
    WHERE gateway.mqtt_filters <> '{}' AND gateway.token_digest <> '' AND EXISTS (
      SELECT FROM unnest(gateway.mqtt_filters) AS filter
      WHERE filter LIKE 'devices/%' AND split_part(filter, '/', 2) = ANY(uids)
    )
  ) AS concerned
$$;
CREATE OR REPLACE FUNCTION tell_broker_of_devices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM tell_broker_of(array_agg(uid::text)) FROM fresh WHERE token_digest <> '';
    PERFORM tell_broker_of_others(array_agg(uid::text)) FROM fresh;
  ELSIF TG_OP = 'DELETE' THEN
    DELETE FROM devices_brokeraccount AS account USING gone
      WHERE account.uid = gone.uid AND account.told = 0;
    PERFORM tell_broker_of(array_agg(uid::text)) FROM gone JOIN devices_brokeraccount USING (uid);
    PERFORM tell_broker_of_others(array_agg(uid::text)) FROM gone;
  ELSE
    PERFORM tell_broker_of(array_agg(each)) FROM (
      SELECT fresh.uid::text AS each FROM fresh JOIN gone USING (id) WHERE
        (fresh.uid, fresh.enabled, fresh.removed_at IS NULL, fresh.token_digest,
         fresh.former_digest, fresh.mqtt_filters) IS DISTINCT FROM
        (gone.uid, gone.enabled, gone.removed_at IS NULL, gone.token_digest,
         gone.former_digest, gone.mqtt_filters)
        OR fresh.mqtt_filters <> '{}' AND fresh.site_id IS DISTINCT FROM gone.site_id
      UNION
      SELECT gone.uid::text FROM fresh JOIN gone USING (id) WHERE fresh.uid <> gone.uid
    ) AS changed;
    PERFORM tell_broker_of_others(array_agg(each)) FROM (
      SELECT unnest(ARRAY[fresh.uid, gone.uid])::text AS each FROM fresh JOIN gone USING (id)
      WHERE fresh.uid <> gone.uid OR fresh.site_id IS DISTINCT FROM gone.site_id
    ) AS moved;
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION tell_broker_of_alias() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tell_broker_of(array_agg(uid::text)) FROM devices_device
  WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.device_id ELSE NEW.device_id END
    AND token_digest <> '';
  PERFORM tell_broker_of_others(
    CASE TG_OP WHEN 'DELETE' THEN ARRAY[OLD.alias] WHEN 'INSERT' THEN ARRAY[NEW.alias]
      ELSE ARRAY[OLD.alias, NEW.alias] END::text[]
  );
  RETURN NULL;
END $$;
"""
TELL_THEM_ALONE = """
CREATE OR REPLACE FUNCTION tell_broker_of_devices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM tell_broker_of(array_agg(uid::text)) FROM fresh WHERE token_digest <> '';
  ELSIF TG_OP = 'DELETE' THEN
    DELETE FROM devices_brokeraccount AS account USING gone
      WHERE account.uid = gone.uid AND account.told = 0;
    PERFORM tell_broker_of(array_agg(uid::text)) FROM gone JOIN devices_brokeraccount USING (uid);
  ELSE
    PERFORM tell_broker_of(array_agg(each)) FROM (
      SELECT fresh.uid::text AS each FROM fresh JOIN gone USING (id) WHERE
        (fresh.uid, fresh.enabled, fresh.removed_at IS NULL, fresh.token_digest,
         fresh.former_digest, fresh.mqtt_filters) IS DISTINCT FROM
        (gone.uid, gone.enabled, gone.removed_at IS NULL, gone.token_digest,
         gone.former_digest, gone.mqtt_filters)
      UNION
      SELECT gone.uid::text FROM fresh JOIN gone USING (id) WHERE fresh.uid <> gone.uid
    ) AS changed;
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION tell_broker_of_alias() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tell_broker_of(array_agg(uid::text)) FROM devices_device
  WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.device_id ELSE NEW.device_id END
    AND token_digest <> '';
  RETURN NULL;
END $$;
DROP FUNCTION tell_broker_of_others(text[]);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("devices", "0014_broker_account"),
    ]

    operations = [
        migrations.RunSQL(VIEWS, NO_VIEWS),
        migrations.RunSQL(TELL_OTHERS, TELL_THEM_ALONE),
    ]
