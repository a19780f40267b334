"""Topics that are closed to an account for a while, and brokers that ask or read: they keep out who
floods as well."""

import django.contrib.postgres.fields
from django.db import migrations, models

# No longer than it is ever kept out (`devices.broker_account.PAUSE`), should the clock be set back.
BODY = """
CREATE OR REPLACE VIEW mqtt_device_accounts AS
SELECT id AS device_id, uid::text AS username, token_digest AS digest, token_verifier AS verifier
FROM devices_device
WHERE NOT uses_second_name AND token_digest <> '' AND enabled AND removed_at IS NULL {let_in}
UNION ALL
SELECT id, uid || '.2', token_digest, token_verifier FROM devices_device
WHERE uses_second_name AND token_digest <> '' AND enabled AND removed_at IS NULL {let_in}
UNION ALL
SELECT id, uid::text, former_digest, former_verifier FROM devices_device
WHERE uses_second_name AND former_digest <> '' AND former_until > statement_timestamp()
    AND enabled AND removed_at IS NULL {let_in}
UNION ALL
SELECT id, uid || '.2', former_digest, former_verifier FROM devices_device
WHERE NOT uses_second_name AND former_digest <> '' AND former_until > statement_timestamp()
    AND enabled AND removed_at IS NULL {let_in};
"""
LET_IN = """AND NOT EXISTS (
    SELECT FROM devices_brokeraccount AS account
    WHERE account.uid = devices_device.uid AND account.denied = '{}'
        AND account.paused_until > statement_timestamp()
        AND account.paused_until <= statement_timestamp() + interval '5 minutes'
)"""


class Migration(migrations.Migration):

    dependencies = [
        ('devices', '0018_provisioning_key_ends'),
    ]

    operations = [
        migrations.AddField(
            model_name='brokeraccount',
            name='denied',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), db_default=[], default=list, size=None),
        ),
        migrations.RunSQL(BODY.replace('{let_in}', LET_IN), BODY.replace('{let_in}', '')),
    ]
