"""Rollups follow the readings: late, redelivered, or committed while a run is going on."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connection

from telemetry.moments import from_ms, to_ms
from telemetry.storage import rollups
from telemetry.storage.plain import TURN_KEY, Plain
from telemetry.storage.summaries import ranges
from telemetry.tests.written import rollup, series, write

NOW = datetime(2026, 3, 10, 12, 0, 30, tzinfo=UTC)
NOON = to_ms(NOW) - 30_000
MINUTE, HOUR = 60_000, 3_600_000


def dirty() -> list[datetime]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT minute FROM dirty_minute ORDER BY 1")
        return [minute for (minute,) in cursor.fetchall()]


def first_and_last(table: str, series_id: int) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT first, last FROM {table} WHERE series_id = %s ORDER BY bucket", [series_id]
        )
        return cursor.fetchall()


@pytest.mark.django_db
def test_minutes_hours_and_days_summarise_the_readings() -> None:
    one = series()
    write(one.id, [(NOON - 90_000, 3.0), (NOON - 70_000, 9.0), (NOON - 61_000, 1.0)])
    write(one.id, [(NOON - 2 * HOUR, 4.0), (NOON - 24 * HOUR, 100.0)])
    assert rollups.run(NOW) == 3
    noon, day = from_ms(NOON), from_ms(NOON - 12 * HOUR)
    assert rollup("rollup_1m", one.id)[-1] == (noon - timedelta(minutes=2), 3, 13.0, 1.0, 9.0)
    assert first_and_last("rollup_1m", one.id)[-1] == (3.0, 1.0)
    assert rollup("rollup_1h", one.id)[1:] == [
        (noon - timedelta(hours=2), 1, 4.0, 4.0, 4.0),
        (noon - timedelta(hours=1), 3, 13.0, 1.0, 9.0),
    ]
    assert rollup("rollup_1d", one.id) == [
        (day - timedelta(days=1), 1, 100.0, 100.0, 100.0),
        (day, 4, 17.0, 1.0, 9.0),
    ]
    assert first_and_last("rollup_1d", one.id)[-1] == (4.0, 1.0)
    assert dirty() == []


@pytest.mark.django_db
def test_a_minute_that_still_runs_waits() -> None:
    one = series()
    write(one.id, [(NOON - 1, 1.0), (NOON, 2.0)])
    assert rollups.run(NOW) == 1
    assert dirty() == [from_ms(NOON)]
    assert rollups.run(NOW + timedelta(seconds=30)) == 1
    assert [row[1] for row in rollup("rollup_1m", one.id)] == [1, 1]


@pytest.mark.django_db
def test_late_and_redelivered_readings_correct_every_level() -> None:
    one = series()
    at = NOON - 5 * HOUR
    write(one.id, [(at, 1.0), (at + 1000, 2.0)])
    rollups.run(NOW)
    write(one.id, [(at, 1.0), (at + 1000, 2.0), (at + 500, 30.0), (at + 2000, -5.0)])
    rollups.run(NOW)
    for table in ("rollup_1m", "rollup_1h", "rollup_1d"):
        assert [row[1:] for row in rollup(table, one.id)] == [(4, 28.0, -5.0, 30.0)]
        assert first_and_last(table, one.id) == [(1.0, -5.0)]


@pytest.mark.django_db
def test_a_late_reading_is_added_to_the_summary_of_readings_that_are_gone() -> None:
    one, other = series(), series("humidity")
    at = NOON - HOUR
    write(one.id, [(at + n, value) for n, value in enumerate((1.0, 2.0, 3.0))])
    rollups.run(NOW)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM reading")
        cursor.execute("UPDATE retention_state SET raw_floor = %s", [NOW])
    write(one.id, [(at + 30_000, 10.0), (at + 31_000, 20.0)])
    write(other.id, [(at, 5.0)])  # a minute that has no summary yet
    rollups.run(NOW)
    write(one.id, [(at + 30_000, 10.0)])  # once more: it is there
    rollups.run(NOW)
    for table in ("rollup_1m", "rollup_1h", "rollup_1d"):
        assert [row[1:] for row in rollup(table, one.id)] == [(5, 36.0, 1.0, 20.0)]
        assert first_and_last(table, one.id) == [(1.0, 3.0)]
    write(one.id, [(at + n, 100.0) for n in range(40_000, 40_004)])
    write(other.id, [(at + 1, 7.0)])
    rollups.run(NOW)
    for table in ("rollup_1m", "rollup_1h", "rollup_1d"):
        assert [row[1:] for row in rollup(table, one.id)] == [(9, 436.0, 1.0, 100.0)]
        assert [row[1:] for row in rollup(table, other.id)] == [(2, 12.0, 5.0, 7.0)]


@pytest.mark.django_db
def test_minutes_whose_readings_are_being_dropped_wait() -> None:
    one = series()
    write(one.id, [(NOON - HOUR, 1.0)])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE retention_state SET raw_held = %s", [from_ms(NOON)])
    assert rollups.run(NOW) == 0
    assert dirty() == [from_ms(NOON - HOUR)]


@pytest.mark.django_db
def test_a_backlog_is_taken_in_bounded_steps_the_newest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Plain, "minutes_per_step", 4)
    one = series()
    write(one.id, [(NOON - n * MINUTE, 1.0) for n in range(1, 14)])
    assert rollups.backlog(NOW).minutes == 13
    assert rollups.run(NOW, seconds=0) == 4
    waits = rollups.backlog(NOW)
    assert (waits.minutes, waits.oldest) == (9, from_ms(NOON - 13 * MINUTE))
    assert dirty()[-1] == from_ms(NOON - 5 * MINUTE)
    assert rollups.run(NOW) == 9
    assert rollups.backlog(NOW)[2:] == (0, None)
    assert len(rollup("rollup_1m", one.id)) == 13
    assert sum(row[1] for row in rollup("rollup_1d", one.id)) == 13


def test_minutes_become_the_fewest_ranges() -> None:
    minute = timedelta(minutes=1)
    start = from_ms(NOON)
    minutes = [start + minute, start, start + 5 * minute, start, start + 2 * minute]
    assert ranges(minutes, MINUTE) == [
        (start, start + 3 * minute),
        (start + 5 * minute, start + 6 * minute),
    ]
    assert ranges(minutes, HOUR) == [(start, start + 60 * minute)]
    assert ranges(minutes, MINUTE, gap_ms=2 * MINUTE) == [(start, start + 6 * minute)]


@pytest.fixture
def second_connection(transactional_db):
    """Another session on the test database, as a bridge has one."""
    with psycopg.connect(**connection.get_connection_params()) as other:
        yield other
        other.rollback()


def insert(other: psycopg.Connection, series_id: int, ms: int, value: float) -> None:
    other.execute("INSERT INTO reading VALUES (%s, %s, %s)", [series_id, from_ms(ms), value])
    minute = ms // MINUTE
    other.execute(
        "INSERT INTO commit_log (series, spans) VALUES (%s, tstzmultirange(tstzrange(%s, %s)))",
        [b"", from_ms(minute * MINUTE), from_ms((minute + 1) * MINUTE)],
    )


def test_a_writer_that_commits_after_the_run_is_not_missed(second_connection) -> None:
    one = series()
    write(one.id, [(NOON - MINUTE, 1.0)])
    insert(second_connection, one.id, NOON - MINUTE + 1000, 9.0)  # open while the run goes on
    assert rollups.run(NOW) == 1
    assert [row[1] for row in rollup("rollup_1m", one.id)] == [1]
    second_connection.commit()
    assert rollups.run(NOW) == 1
    for table in ("rollup_1m", "rollup_1h", "rollup_1d"):
        assert [row[1] for row in rollup(table, one.id)] == [2]


def test_a_writer_that_commits_between_the_statements_of_a_run_is_not_missed(
    second_connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = series()
    write(one.id, [(NOON - MINUTE, 1.0)])
    real = Plain.roll_up

    def meanwhile(self, whole, lost):
        insert(second_connection, one.id, NOON - MINUTE + 1000, 9.0)
        insert(second_connection, one.id, NOON - 2 * MINUTE, 5.0)
        second_connection.commit()
        monkeypatch.undo()
        return real(self, whole, lost)

    monkeypatch.setattr(Plain, "roll_up", meanwhile)
    assert rollups.run(NOW, seconds=0) == 1
    rollups.run(NOW)
    assert [row[1] for row in rollup("rollup_1m", one.id)] == [1, 2]
    assert [row[1] for row in rollup("rollup_1h", one.id)] == [3]


def test_a_run_leaves_the_work_to_the_one_that_is_at_it(second_connection) -> None:
    one = series()
    write(one.id, [(NOON - MINUTE, 1.0)])
    second_connection.execute("SELECT pg_advisory_xact_lock(%s)", [TURN_KEY])
    assert rollups.run(NOW) == 0
    assert len(dirty()) == 1
    second_connection.rollback()
    assert rollups.run(NOW) == 1
