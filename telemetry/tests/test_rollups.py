"""Rollups follow the readings: late, redelivered, or committed while a run is going on."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connection

from telemetry.moments import from_ms, to_ms
from telemetry.storage import rollups
from telemetry.tests.written import rollup, series, write

NOW = datetime(2026, 3, 10, 12, 0, 30, tzinfo=UTC)
NOON = to_ms(NOW) - 30_000
MINUTE, HOUR = 60_000, 3_600_000


def dirty() -> list[datetime]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT minute FROM rollup_dirty ORDER BY 1")
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
    assert rollups.run_once(NOW) == 3
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
    assert rollups.run_once(NOW) == 1
    assert dirty() == [from_ms(NOON)]
    assert rollups.run_once(NOW + timedelta(seconds=30)) == 1
    assert [row[1] for row in rollup("rollup_1m", one.id)] == [1, 1]


@pytest.mark.django_db
def test_late_and_redelivered_readings_correct_every_level() -> None:
    one = series()
    at = NOON - 5 * HOUR
    write(one.id, [(at, 1.0), (at + 1000, 2.0)])
    rollups.run_once(NOW)
    write(one.id, [(at, 1.0), (at + 1000, 2.0), (at + 500, 30.0), (at + 2000, -5.0)])
    rollups.run_once(NOW)
    for table in ("rollup_1m", "rollup_1h", "rollup_1d"):
        assert [row[1:] for row in rollup(table, one.id)] == [(4, 28.0, -5.0, 30.0)]
        assert first_and_last(table, one.id) == [(1.0, -5.0)]


@pytest.mark.django_db
def test_a_late_reading_does_not_replace_the_summary_of_readings_that_are_gone() -> None:
    one = series()
    write(one.id, [(NOON - HOUR + n, float(n)) for n in range(10)])
    rollups.run_once(NOW)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM reading")
    write(one.id, [(NOON - HOUR + 30_000, 77.0)])
    rollups.run_once(NOW)
    assert [row[1] for row in rollup("rollup_1m", one.id)] == [10]


@pytest.mark.django_db
def test_a_backlog_is_taken_in_bounded_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollups, "MINUTES_PER_CHUNK", 4)
    monkeypatch.setattr(rollups, "MINUTES_PER_RUN", 8)
    one = series()
    write(one.id, [(NOON - n * MINUTE, 1.0) for n in range(1, 14)])
    assert [rollups.run_once(NOW) for _ in range(3)] == [8, 5, 0]
    assert len(rollup("rollup_1m", one.id)) == 13
    assert sum(row[1] for row in rollup("rollup_1d", one.id)) == 13


def test_minutes_become_the_fewest_ranges() -> None:
    minute = timedelta(minutes=1)
    start = from_ms(NOON)
    minutes = [start + minute, start, start + 5 * minute, start, start + 2 * minute]
    assert rollups.ranges(minutes, MINUTE) == [
        (start, start + 3 * minute),
        (start + 5 * minute, start + 6 * minute),
    ]
    assert rollups.ranges(minutes, HOUR) == [(start, start + 60 * minute)]


@pytest.fixture
def second_connection(transactional_db):
    """Another session on the test database, as a bridge has one."""
    with psycopg.connect(**connection.get_connection_params()) as other:
        yield other
        other.rollback()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE reading, rollup_1m, rollup_1h, rollup_1d, rollup_dirty")


def insert(other: psycopg.Connection, series_id: int, ms: int, value: float) -> None:
    other.execute("INSERT INTO reading VALUES (%s, %s, %s)", [series_id, from_ms(ms), value])
    minute = from_ms(ms // MINUTE * MINUTE)
    other.execute("INSERT INTO rollup_dirty VALUES (%s)", [minute])


def test_a_writer_that_commits_after_the_run_is_not_missed(second_connection) -> None:
    one = series()
    write(one.id, [(NOON - MINUTE, 1.0)])
    insert(second_connection, one.id, NOON - MINUTE + 1000, 9.0)  # open while the run goes on
    assert rollups.run_once(NOW) == 1
    assert [row[1] for row in rollup("rollup_1m", one.id)] == [1]
    second_connection.commit()
    assert rollups.run_once(NOW) == 1
    for table in ("rollup_1m", "rollup_1h", "rollup_1d"):
        assert [row[1] for row in rollup(table, one.id)] == [2]


def test_a_writer_that_commits_between_the_statements_of_a_run_is_not_missed(
    second_connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = series()
    write(one.id, [(NOON - MINUTE, 1.0)])
    real = rollups.ranges

    def meanwhile(minutes, width):
        insert(second_connection, one.id, NOON - MINUTE + 1000, 9.0)
        insert(second_connection, one.id, NOON - 2 * MINUTE, 5.0)
        second_connection.commit()
        monkeypatch.undo()
        return real(minutes, width)

    monkeypatch.setattr(rollups, "ranges", meanwhile)
    assert rollups.run_once(NOW) == 1
    rollups.run_once(NOW)
    assert [row[1] for row in rollup("rollup_1m", one.id)] == [1, 2]
    assert [row[1] for row in rollup("rollup_1h", one.id)] == [3]


def test_a_run_leaves_the_work_to_the_one_that_is_at_it(second_connection) -> None:
    one = series()
    write(one.id, [(NOON - MINUTE, 1.0)])
    second_connection.execute("SELECT pg_advisory_xact_lock(%s)", [rollups._LOCK_KEY])
    assert rollups.run_once(NOW) == 0
    assert len(dirty()) == 1
    second_connection.rollback()
    assert rollups.run_once(NOW) == 1
