"""Corrections of many readings, made part by part."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0026_newest_of_uneven_packs")]

    operations = [
        migrations.AddField(
            model_name="correction",
            name="whole",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="parts",
                to="telemetry.correction",
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="state",
            field=models.CharField(
                choices=[("running", "Running"), ("undoing", "Undoing"), ("done", "Done")],
                db_default="done",
                default="done",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="correction", name="done_until", field=models.DateTimeField(null=True)
        ),
        migrations.AddField(
            model_name="correction",
            name="error",
            field=models.CharField(blank=True, db_default="", default="", max_length=500),
        ),
        migrations.AddIndex(
            model_name="correction",
            index=models.Index(
                condition=models.Q(("state", "done"), _negated=True),
                fields=["id"],
                name="correction_under_way",
            ),
        ),
    ]
