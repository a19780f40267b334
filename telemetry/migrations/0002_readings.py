"""The reading and rollup tables, from sql/schema.sql."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0001_initial")]

    operations = [
        migrations.RunSQL(
            (SQL / "schema.sql").read_text(), (SQL / "schema_reverse.sql").read_text()
        )
    ]
