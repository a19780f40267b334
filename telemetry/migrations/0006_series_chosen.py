"""Which facts of a series an operator chose. Until now units and counters came from nobody else."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0005_timescale")]

    operations = [
        migrations.AddField(
            model_name="series",
            name="chosen",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=8),
                db_default=[],
                default=list,
                editable=False,
                size=None,
            ),
        ),
        migrations.RunSQL(
            """
            UPDATE telemetry_series SET chosen = array_remove(ARRAY[
                CASE WHEN kind = 'counter' THEN 'kind' END, CASE WHEN unit <> '' THEN 'unit' END
            ]::varchar[], NULL)
            WHERE kind = 'counter' OR unit <> ''
            """,
            migrations.RunSQL.noop,
        ),
    ]
