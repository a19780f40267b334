"""Note deleted series for maintenance, from sql/deleted_series.sql."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0003_ingest_delivery")]

    operations = [
        migrations.RunSQL(
            (SQL / "deleted_series.sql").read_text(),
            (SQL / "deleted_series_reverse.sql").read_text(),
        )
    ]
