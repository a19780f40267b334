"""A series' name for people and what it measures; both may be told by its device, as its unit is.
Until now a precision came from an operator alone."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0012_ingest_session")]

    operations = [
        migrations.AddField(
            model_name="series",
            name="label",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Its name for people.",
                max_length=120,
            ),
        ),
        migrations.AddField(
            model_name="series",
            name="quantity",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="What it measures: temperature, energy …",
                max_length=32,
            ),
        ),
        migrations.AlterField(
            model_name="series",
            name="chosen",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=16),
                db_default=[],
                default=list,
                editable=False,
                size=None,
            ),
        ),
        migrations.RunSQL(
            "UPDATE telemetry_series SET chosen = array_append(chosen, 'precision'::varchar)"
            " WHERE precision IS NOT NULL AND 'precision' <> ALL (chosen)",
            migrations.RunSQL.noop,
        ),
    ]
