"""How long readings of some sites, kinds, devices and series are kept, and what went of each."""

import django.db.models.deletion
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import migrations, models

FORWARD = """\
-- What retention rules took of single series; what whole days took stands in `retention_state`.
CREATE TABLE series_retention (
    series_id integer PRIMARY KEY,
    -- Readings, and summaries, before these were removed: nothing is taken in there any more.
    raw_floor timestamptz NOT NULL DEFAULT 'epoch',
    minute_floor timestamptz NOT NULL DEFAULT 'epoch',
    hour_floor timestamptz NOT NULL DEFAULT 'epoch',
    day_floor timestamptz NOT NULL DEFAULT 'epoch'
);

-- `dirty_minutes` of some series: below what was removed of any of them there are only summaries.
CREATE FUNCTION dirty_minutes_of(series integer[], start timestamptz, stop timestamptz)
RETURNS TABLE (minute timestamptz) LANGUAGE sql STABLE AS $$
    SELECT minute FROM dirty_minutes(
        greatest($2, (SELECT max(raw_floor) FROM series_retention WHERE series_id = ANY ($1))), $3
    )
$$;

ALTER TABLE retention_state ADD COLUMN rules_changed timestamptz NOT NULL DEFAULT 'epoch';
CREATE FUNCTION note_retention_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE retention_state SET rules_changed = clock_timestamp();
    RETURN NULL;
END $$;
CREATE TRIGGER note_retention_rules
AFTER INSERT OR UPDATE OR DELETE ON telemetry_retentionrule
-- Not each statement: Django deletes the rules of whatever is deleted, as a rule there are none.
FOR EACH ROW EXECUTE FUNCTION note_retention_rules();
"""

REVERSE = """\
DROP TRIGGER note_retention_rules ON telemetry_retentionrule;
DROP FUNCTION note_retention_rules();
ALTER TABLE retention_state DROP COLUMN rules_changed;
DROP FUNCTION dirty_minutes_of(integer[], timestamptz, timestamptz);
UPDATE retention_state SET raw_floor = greatest(
    raw_floor, (SELECT max(raw_floor) FROM series_retention)
), minute_floor = greatest(minute_floor, (SELECT max(minute_floor) FROM series_retention));
DROP TABLE series_retention;
"""


def days(said):
    bounds = [MinValueValidator(1), MaxValueValidator(36_500)]
    return models.PositiveIntegerField(null=True, blank=True, validators=bounds, help_text=said)


def of(model):
    return models.OneToOneField(
        null=True, blank=True, on_delete=django.db.models.deletion.CASCADE, related_name="+",
        to=model,
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0024_reading_pack"), ("devices", "0011_token_used")]

    operations = [
        migrations.CreateModel(
            name="RetentionRule",
            fields=[
                (
                    "id",
                    models.AutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(blank=True, max_length=64, null=True, unique=True)),
                ("raw_days", days("Readings.")),
                ("minute_days", days("Summaries of minutes.")),
                ("hour_days", days("Summaries of hours.")),
                ("day_days", days("Summaries of days.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("device", of("devices.device")),
                ("series", of("telemetry.series")),
                ("site", of("devices.site")),
            ],
            options={"ordering": ["id"]},
        ),
        migrations.AddConstraint(
            model_name="retentionrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(kind=None, device=None, series=None, site__isnull=False),
                    models.Q(site=None, device=None, series=None, kind__isnull=False),
                    models.Q(site=None, kind=None, series=None, device__isnull=False),
                    models.Q(site=None, kind=None, device=None, series__isnull=False),
                    _connector="OR",
                ),
                name="telemetry_retentionrule_of_one",
            ),
        ),
        migrations.RunSQL(FORWARD, REVERSE),
    ]
