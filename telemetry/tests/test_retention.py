"""What is too old goes, and what deleted devices left; everything else stays."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from access.scope import EVERYTHING
from devices.models import Device
from telemetry.history import reader
from telemetry.moments import from_ms, to_ms
from telemetry.storage import deletion, retention, rollups, upkeep
from telemetry.storage.backend import backend
from telemetry.tests.written import rollup, series, write

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
END = to_ms(NOW)
DAY = 86_400_000

pytestmark = pytest.mark.usefixtures("transactional_db")  # no partition goes in a transaction


def rows(statement: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def count(table: str) -> int:
    return rows(f"SELECT count(*) FROM {table}")[0][0]


def test_old_readings_go_and_their_summaries_stay(settings) -> None:
    settings.RETENTION_DAYS = 7
    one = series()
    write(one.id, [(END - n * DAY, float(n)) for n in (1, 6, 9, 40)])
    write(one.id, [(END - 9 * DAY, "old"), (END, "new")])
    rollups.run(NOW)

    dropped = retention.drop_readings(NOW)

    assert set(dropped) == {
        *("reading_20260129", "text_reading_20260129"),
        *("reading_20260301", "text_reading_20260301"),
    }
    assert (count("reading"), count("text_reading")) == (2, 1)
    assert len(rollup("rollup_1m", one.id)) == 4
    assert rows("SELECT raw_floor, raw_held FROM retention_state") == [
        (from_ms(END // DAY * DAY - 7 * DAY), from_ms(0))
    ]


def test_readings_stay_until_they_are_rolled_up(settings) -> None:
    settings.RETENTION_DAYS = 30
    one = series()
    write(one.id, [(END - 100 * DAY, 1.0)])
    assert retention.drop_readings(NOW) == []
    assert count("reading") == 1
    rollups.run(NOW)
    retention.drop_readings(NOW)
    assert count("reading") == 0
    assert len(rollup("rollup_1d", one.id)) == 1


def test_a_day_is_kept_a_little_longer_than_it_is_accepted(settings) -> None:
    settings.RETENTION_DAYS = 7
    midnight = NOW.replace(hour=0)
    write(series().id, [(to_ms(midnight) - 8 * DAY, 1.0)])
    rollups.run(NOW)
    assert retention.drop_readings(midnight + retention.GRACE / 2) == []
    assert retention.drop_readings(midnight + retention.GRACE)


def test_a_late_reading_is_added_to_what_was_dropped(settings) -> None:
    settings.RETENTION_DAYS = 7
    one, at = series(), END - 20 * DAY
    write(one.id, [(at + n, value) for n, value in enumerate((1.0, 2.0, 3.0))])
    rollups.run(NOW)
    retention.drop_readings(NOW)
    settings.RETENTION_DAYS = 30  # raised: such a day takes readings again
    write(one.id, [(at + 30_000, 10.0), (at + 31_000, 20.0)])
    write(one.id, [(at + DAY, 5.0)])  # of a day that had none
    for _ in range(2):
        rollups.run(NOW)
        assert [row[1:] for row in rollup("rollup_1d", one.id)] == [
            (5, 36.0, 1.0, 20.0),
            (1, 5.0, 5.0, 5.0),
        ]
        settings.RETENTION_DAYS = 7  # and lowered: they go once more
        retention.drop_readings(NOW)
        assert count("reading") == 0
        settings.RETENTION_DAYS = 30
    write(one.id, [(at + 40_000, 100.0)])
    rollups.run(NOW)
    assert rollup("rollup_1d", one.id)[0][1:] == (6, 136.0, 1.0, 100.0)
    # A window over it is answered from the summaries, as raw readings do not tell all.
    (answer,) = reader.window(EVERYTHING, [one.id], at - 60_000, at + 60_000, 100, now=NOW)
    assert [point[4] for point in answer["points"]] == [6]


def test_old_minutes_go_and_hours_and_days_stay(settings) -> None:
    settings.RETENTION_DAYS = settings.ROLLUP_RETENTION_DAYS = 20
    one = series()
    write(one.id, [(END - n * DAY, 1.0) for n in (1, 25)])
    rollups.run(NOW)
    assert retention.drop_minutes(NOW) == 1
    assert len(rollup("rollup_1m", one.id)) == 1
    assert len(rollup("rollup_1h", one.id)) == len(rollup("rollup_1d", one.id)) == 2
    # An hour is recomputed from its minutes: before these begin nothing is taken in.
    floor = from_ms(END // DAY * DAY - 20 * DAY)
    assert backend().keeps_from(NOW - timedelta(days=100)) == floor


@pytest.mark.parametrize("words", [False, True])
def test_the_latest_value_of_a_series_survives(settings, words: bool) -> None:
    settings.RETENTION_DAYS = 7
    silent, speaking = series("silent"), series("speaking")
    write(silent.id, [(END - 30 * DAY, 1.0), (END - 20 * DAY, 2.0)])
    if words:
        write(silent.id, [(END - 19 * DAY, "gone")])
    write(speaking.id, [(END - 20 * DAY, 3.0), (END - DAY, 4.0)])
    rollups.run(NOW)
    ids = [silent.id, speaking.id]
    before = reader.latest(EVERYTHING, ids, now=NOW)
    retention.drop_readings(NOW)
    assert reader.latest(EVERYTHING, ids, now=NOW) == before
    newest = [END - 19 * DAY, "gone"] if words else [END - 20 * DAY, 2.0]
    assert before == {silent.id: newest, speaking.id: [END - DAY, 4.0]}


def test_the_readings_of_a_deleted_device_go_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletion, "DELETE_CHUNK", 3)
    gone, kept = series(uid="gone"), series(uid="kept")
    upkeep.make_days(NOW)
    for one in (gone, kept):
        write(one.id, [(END - n * 1000, 1.0) for n in range(1, 9)])
        write(one.id, [(END - 5 * DAY, 1.0), (END, "x")])
    rollups.run(NOW)
    gone_id = gone.id
    Device.objects.get(uid="gone").delete()

    assert retention.purge_deleted_series(NOW) == 10 + 3 * 2

    for table in ("reading", "text_reading", "rollup_1m", "rollup_1h", "rollup_1d"):
        assert rows(f"SELECT DISTINCT series_id FROM {table}") == [(kept.id,)]
    write(gone_id, [(END, 2.0)])  # a bridge that has not heard of the deletion yet
    assert retention.purge_deleted_series(NOW) == 1


def test_a_deleted_series_is_forgotten_when_nothing_can_write_to_it_any_more() -> None:
    series().delete()
    retention.purge_deleted_series(datetime.now(UTC))
    assert count("deleted_series") == 1
    retention.purge_deleted_series(datetime.now(UTC) + timedelta(days=2))
    assert count("deleted_series") == 0


def test_a_clock_far_ahead_drops_nothing(settings) -> None:
    """As of a machine without a battery for its clock, which begins in any year."""
    settings.RETENTION_DAYS = 30
    (drop_readings,) = (job for job in upkeep.JOBS if job.name == "drop_readings")
    write(series().id, [(to_ms(datetime.now(UTC)) - 50 * DAY, 1.0)])
    rollups.run(datetime.now(UTC))
    with pytest.raises(retention.ClockDoubted, match=r"50 days after .*CLOCK_CONFIRMED=20"):
        drop_readings.run()  # 50 days after the newest day that was measured
    assert count("reading") == 1
    settings.CLOCK_CONFIRMED = datetime.now(UTC).date() - timedelta(days=1)  # of an earlier jump
    with pytest.raises(retention.ClockDoubted):
        retention.believed_now()
    settings.CLOCK_CONFIRMED = datetime.now(UTC).date()
    assert drop_readings.run().startswith("dropped reading_")
    settings.CLOCK_CONFIRMED = None
    assert retention.believed_now() <= datetime.now(UTC)


def test_a_clock_is_believed_as_far_as_it_can_have_gone() -> None:
    retention.check_clock(NOW, None)
    retention.check_clock(NOW, NOW - retention.MAX_CLOCK_JUMP)
    retention.check_clock(NOW, NOW + timedelta(days=400))
    with pytest.raises(retention.ClockDoubted, match="8 days after 2026-03-02"):
        retention.check_clock(NOW, NOW - timedelta(days=8))


def test_a_clock_that_crept_ahead_does_not_take_all_there_is(settings) -> None:
    settings.RETENTION_DAYS = 30
    write(series().id, [(to_ms(datetime.now(UTC)) - 32 * DAY, 1.0)])
    rollups.run(datetime.now(UTC))
    # It was seen an hour ago where it is now.
    rows("UPDATE retention_state SET clock = now() - interval '1 hour' RETURNING 1")
    with pytest.raises(retention.ClockDoubted, match="all would be removed"):
        retention.believed_now()
    write(series("other").id, [(to_ms(datetime.now(UTC)) - 29 * DAY, 1.0)])
    rollups.run(datetime.now(UTC))
    assert retention.believed_now() <= datetime.now(UTC)


def test_a_clock_that_was_ahead_and_is_right_again_is_believed() -> None:
    rows("UPDATE retention_state SET clock = now() + interval '20 years' RETURNING 1")
    now = retention.believed_now()
    assert rows("SELECT clock FROM retention_state") == [(now,)]
