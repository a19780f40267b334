from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_channel_minimum")]

    operations = [
        migrations.AddField(
            model_name="recipient",
            name="language",
            field=models.CharField(blank=True, default="", max_length=16),
        ),
    ]
