"""Readings in TimescaleDB's hypertables where the server has it and no reading is stored yet.

Otherwise nothing changes. To decide again: `migrate telemetry 0004`, then `migrate`.
"""

from django.db import migrations

from telemetry.storage import timescale


def adopt(apps, schema_editor):
    timescale.adopt()


def abandon(apps, schema_editor):
    timescale.abandon()


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0004_deleted_series")]

    operations = [migrations.RunPython(adopt, abandon)]
