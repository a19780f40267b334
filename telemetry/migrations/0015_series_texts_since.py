from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('telemetry', '0014_ingest_sweep'),
    ]

    operations = [
        migrations.AddField(
            'series', 'texts_since', models.DateTimeField(editable=False, null=True)
        ),
        migrations.RunSQL(
            'UPDATE telemetry_series AS series SET texts_since = now()'
            ' WHERE EXISTS (SELECT FROM text_reading WHERE series_id = series.id)',
            migrations.RunSQL.noop,
        ),
        migrations.AddIndex(
            'series',
            models.Index(
                fields=['texts_since'],
                name='series_texts_since',
                condition=models.Q(texts_since__isnull=False),
            ),
        ),
    ]
