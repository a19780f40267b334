from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('devices', '0003_presence_told_by'),
    ]

    operations = [
        migrations.AddField('presence', 'clock_lead', models.BigIntegerField(null=True)),
        migrations.AddField('presence', 'last_lead', models.BigIntegerField(null=True)),
    ]
