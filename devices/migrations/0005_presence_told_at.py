from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('devices', '0004_clock_lead'),
    ]

    operations = [
        migrations.AddField(
            'presence', 'told_at', models.DateTimeField(editable=False, null=True)
        ),
    ]
