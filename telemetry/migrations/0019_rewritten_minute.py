"""Minutes of computed series whose summaries are to be made anew, also where they come to less."""

from django.db import migrations

FORWARD = """\
CREATE TABLE rewritten_minute (
    series_id integer NOT NULL,
    minute timestamptz NOT NULL,
    PRIMARY KEY (series_id, minute)
);
CREATE INDEX rewritten_minute_minute ON rewritten_minute (minute);
"""


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0018_commit_log_exact")]

    operations = [migrations.RunSQL(FORWARD, "DROP TABLE rewritten_minute")]
