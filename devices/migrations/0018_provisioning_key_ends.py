from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('devices', '0017_paused_until'),
    ]

    operations = [
        migrations.AddField(
            model_name='provisioningkey',
            name='expires_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='provisioningkey',
            name='used_at',
            field=models.DateTimeField(null=True),
        ),
    ]
