"""What is too old goes, and what deleted devices left; everything else stays."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from devices.models import Device
from telemetry.moments import to_ms
from telemetry.storage import partitions, retention, rollups
from telemetry.tests.written import rollup, series, write

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
DAY = 86_400_000

pytestmark = pytest.mark.django_db


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


def test_old_readings_go_and_their_summaries_stay(settings) -> None:
    settings.RETENTION_DAYS = 7
    one, end = series(), to_ms(NOW)
    partitions.ensure(NOW - timedelta(days=9), days_back=0, days_ahead=0)
    write(one.id, [(end - n * DAY, float(n)) for n in (1, 6, 9, 40)])
    write(one.id, [(end - 9 * DAY, "old"), (end, "new")])
    rollups.run_once(NOW)

    purged = retention.purge(NOW)

    assert sorted(purged.partitions) == ["reading_20260301", "text_reading_20260301"]
    assert (count("reading"), count("text_reading")) == (2, 1)
    assert len(rollup("rollup_1m", one.id)) == 4


def test_readings_stay_until_they_are_rolled_up() -> None:
    one = series()
    write(one.id, [(to_ms(NOW) - 100 * DAY, 1.0)])
    retention.purge(NOW)
    assert count("reading") == 1
    rollups.run_once(NOW)
    retention.purge(NOW)
    assert count("reading") == 0
    assert len(rollup("rollup_1d", one.id)) == 1


def test_old_minutes_go_and_hours_and_days_stay(settings) -> None:
    settings.ROLLUP_RETENTION_DAYS = 20
    one = series()
    write(one.id, [(to_ms(NOW) - n * DAY, 1.0) for n in (1, 25)])
    rollups.run_once(NOW)
    assert retention.purge(NOW).rollups == 1
    assert len(rollup("rollup_1m", one.id)) == 1
    assert len(rollup("rollup_1h", one.id)) == len(rollup("rollup_1d", one.id)) == 2


def test_the_readings_of_a_deleted_device_go_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "DELETE_CHUNK", 3)
    gone, kept = series(uid="gone"), series(uid="kept")
    end = to_ms(NOW)
    partitions.ensure(NOW)
    for one in (gone, kept):
        write(one.id, [(end - n * 1000, 1.0) for n in range(1, 9)])
        write(one.id, [(end - 5 * DAY, 1.0), (end, "x")])
    rollups.run_once(NOW)
    gone_id = gone.id
    Device.objects.get(uid="gone").delete()

    assert retention.purge(NOW).series_rows == 10 + 3 * 2

    for table in ("reading", "text_reading", "rollup_1m", "rollup_1h", "rollup_1d"):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT DISTINCT series_id FROM {table}")
            assert cursor.fetchall() == [(kept.id,)]
    write(gone_id, [(end, 2.0)])  # a bridge that has not heard of the deletion yet
    assert retention.purge(NOW).series_rows == 1


def test_a_deleted_series_is_forgotten_when_nothing_can_write_to_it_any_more() -> None:
    series().delete()
    retention.purge(datetime.now(UTC))
    assert count("deleted_series") == 1
    retention.purge(datetime.now(UTC) + timedelta(days=2))
    assert count("deleted_series") == 0
