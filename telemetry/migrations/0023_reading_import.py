"""Files of readings: how far each is stored, and which commits came from one."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("telemetry", "0022_correction"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE commit_log ADD COLUMN imported boolean NOT NULL DEFAULT false",
            "ALTER TABLE commit_log DROP COLUMN imported",
        ),
        migrations.CreateModel(
            name="ReadingImport",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=255)),
                ("options", models.JSONField(default=dict)),
                ("state", models.CharField(choices=[("running", "Running"), ("done", "Done"), ("failed", "Failed")], default="running", max_length=8)),
                ("rows_done", models.BigIntegerField(default=0)),
                ("block_end", models.BigIntegerField(default=0)),
                ("day_done", models.DateField(null=True)),
                ("rows_total", models.BigIntegerField(default=0)),
                ("readings_total", models.BigIntegerField(default=0)),
                ("counts", models.JSONField(default=dict)),
                ("report", models.JSONField(default=dict)),
                ("error", models.TextField(blank=True, default="")),
                ("started_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(null=True)),
                ("by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
        ),
    ]
