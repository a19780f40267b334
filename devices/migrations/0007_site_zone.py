from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('devices', '0006_alias'),
    ]

    operations = [
        migrations.AddField(
            model_name='site',
            name='zone',
            field=models.CharField(blank=True, db_default='', default='', help_text="The time zone its clocks show: Europe/Berlin. Empty: each viewer's own.", max_length=64),
        ),
    ]
