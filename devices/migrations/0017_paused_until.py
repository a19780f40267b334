from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('devices', '0016_provisioning_key'),
    ]

    operations = [
        migrations.AddField(
            model_name='brokeraccount',
            name='paused_until',
            field=models.DateTimeField(null=True),
        ),
    ]
