"""How many commits a row of the log stands for: those that wait for long are merged."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0019_rewritten_minute")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE commit_log ADD COLUMN commits integer NOT NULL DEFAULT 1",
            "ALTER TABLE commit_log DROP COLUMN commits",
        )
    ]
