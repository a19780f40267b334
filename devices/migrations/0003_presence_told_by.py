"""Which worker was told a device's connection: for its messages the order counts, not the clock."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('devices', '0002_api_token_name'),
    ]

    operations = [
        migrations.AddField(
            model_name='presence',
            name='told_by',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=64),
        ),
    ]
