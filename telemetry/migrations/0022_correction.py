"""What operators deleted or replaced, and the mark by which a writer's memory of it is noticed to be
stale."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


FORWARD = """\
ALTER TABLE retention_state
    ADD corrections uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';
-- What is closed is asked for seldom, and is a few of many.
CREATE INDEX correction_closed ON telemetry_correction (series_id) WHERE undone_at IS NULL;
"""
BACK = "DROP INDEX correction_closed; ALTER TABLE retention_state DROP corrections"


class Migration(migrations.Migration):

    dependencies = [
        ('telemetry', '0021_pipeline_minute'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('action', models.CharField(choices=[('delete', 'Delete'), ('replace', 'Replace')], max_length=8)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('reason', models.CharField(max_length=500)),
                ('by_name', models.CharField(blank=True, max_length=150)),
                ('made_at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(null=True)),
                ('undone_by', models.CharField(blank=True, max_length=150)),
                ('removed', models.IntegerField()),
                ('written', models.IntegerField()),
                ('removed_readings', models.TextField(blank=True)),
                ('written_readings', models.TextField(blank=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('series', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='corrections', to='telemetry.series')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('removed_readings', ''), ('written_readings', ''), _negated=True), fields=['made_at'], name='correction_undoable')],
            },
        ),
        migrations.RunSQL(FORWARD, BACK),
    ]
