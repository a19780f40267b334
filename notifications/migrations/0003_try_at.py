from django.db import migrations, models
from django.utils import timezone


class Migration(migrations.Migration):
    dependencies = [("notifications", "0002_people")]

    operations = [
        migrations.AddField(
            model_name="notification",
            name="try_at",
            field=models.DateTimeField(default=timezone.now),
            preserve_default=False,
        ),
    ]
