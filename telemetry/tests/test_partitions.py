"""Daily partitions: made ahead, filled from the default partition, dropped whole."""

import threading
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from django.db import DatabaseError, connection

from telemetry.storage import partitions
from tests.waiting import eventually

NOW = datetime(2021, 3, 10, 23, 30, tzinfo=UTC)


def rows(table: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT series_id, time, value FROM {table} ORDER BY 1, 2")
        return cursor.fetchall()


def add(table: str, *readings: tuple) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} VALUES (%s, %s, %s)", readings)


@pytest.mark.django_db
def test_missing_days_are_made_once_for_both_tables() -> None:
    made = partitions.ensure(NOW, days_back=1, days_ahead=1)
    days = ["20210309", "20210310", "20210311"]
    assert made == [f"{t}_{d}" for t in ("reading", "text_reading") for d in days]
    assert partitions.ensure(NOW, days_back=1, days_ahead=1) == []


@pytest.mark.django_db
def test_nothing_to_do_costs_two_queries(django_assert_num_queries) -> None:
    partitions.ensure(NOW)
    with django_assert_num_queries(2):
        partitions.ensure(NOW)


@pytest.mark.django_db
def test_rows_waiting_in_the_default_partition_move_to_their_day() -> None:
    inside = [(1, NOW.replace(hour=0, minute=0), 1.0), (1, NOW, 2.0)]
    outside = [(1, NOW - timedelta(days=9), 3.0)]
    add("reading", *inside, *outside)
    add("text_reading", (1, NOW, "ERR"))
    assert len(rows("reading_default")) == 3

    partitions.ensure(NOW, days_back=0, days_ahead=0)

    assert rows("reading_20210310") == inside
    assert rows("reading_default") == outside
    assert rows("text_reading_20210310") == [(1, NOW, "ERR")]
    assert rows("reading") == sorted(inside + outside)


@pytest.mark.django_db
def test_a_partition_refuses_a_redelivered_reading_and_has_every_index() -> None:
    partitions.ensure(NOW, days_back=0, days_ahead=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_indexes WHERE tablename = ANY (%s)",
            [["reading_20210310", "text_reading_20210310"]],
        )
        assert cursor.fetchone() == (4,)
        insert = "INSERT INTO reading VALUES (1, %s, 1) ON CONFLICT DO NOTHING"
        cursor.execute(insert, [NOW])
        cursor.execute(insert, [NOW])
    assert rows("reading_20210310") == [(1, NOW, 1.0)]


@pytest.mark.django_db(transaction=True)
def test_callers_at_the_same_moment_do_not_fail_or_repeat() -> None:
    made: list[str] = []
    failures: list[Exception] = []
    start = threading.Barrier(4)

    def call() -> None:
        try:
            start.wait(timeout=60)
            made.extend(partitions.ensure(NOW, days_back=1, days_ahead=2))
        except DatabaseError as exc:
            failures.append(exc)
        finally:
            connection.close()

    threads = [threading.Thread(target=call) for _ in range(4)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert failures == []
        assert len(made) == len(set(made)) == 8
    finally:
        partitions.drop_before(NOW + timedelta(days=30))


@pytest.mark.django_db
def test_retention_drops_whole_days_and_older_rows_of_the_default() -> None:
    partitions.ensure(NOW, days_back=2, days_ahead=0)
    old, kept = (1, NOW - timedelta(days=40), 1.0), (1, NOW - timedelta(hours=20), 2.0)
    add("reading", old, (1, NOW - timedelta(days=2), 5.0), kept)

    dropped = partitions.drop_before(NOW - timedelta(days=1))

    assert sorted(dropped) == ["reading_20210308", "text_reading_20210308"]
    assert rows("reading") == [kept]


def test_a_name_tells_its_day() -> None:
    assert partitions.day_of("reading", "reading_20261122") == date(2026, 11, 22)
    assert partitions.day_of("reading", "reading_default") is None


@pytest.mark.django_db(transaction=True)
def test_a_row_committed_while_the_partition_is_made_moves_along(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The writer in a second session holds its row open until `ensure` waits for it."""
    monkeypatch.setattr(partitions, "LOCK_WAIT", "60s")
    made: list[str] = []

    def call() -> None:
        try:
            made.extend(partitions.ensure(NOW, days_back=0, days_ahead=0))
        finally:
            connection.close()

    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass"
    thread = threading.Thread(target=call)
    try:
        facts = connection.get_connection_params()
        with (
            psycopg.connect(**facts, autocommit=True) as watcher,
            psycopg.connect(**facts) as writer,
        ):
            writer.execute("INSERT INTO reading VALUES (1, %s, 1)", [NOW])
            thread.start()
            eventually(
                lambda: watcher.execute(waiting, ["reading_default"]).fetchone() != (0,),
                what="the partition waits for the writer",
            )
        thread.join(timeout=60)
        assert made == ["reading_20210310", "text_reading_20210310"]
        assert rows("reading_20210310") == [(1, NOW, 1.0)]
    finally:
        thread.join(timeout=60)
        partitions.drop_before(NOW + timedelta(days=30))


@pytest.mark.django_db(transaction=True)
def test_a_partition_is_frozen_once_when_its_backlogs_have_come() -> None:
    partitions.ensure(NOW, days_back=0, days_ahead=0)
    add("reading", *((1, NOW + timedelta(milliseconds=n), 1.0) for n in range(100)))
    try:
        assert partitions.freeze(NOW + timedelta(days=1)) == []
        frozen = partitions.freeze(NOW + timedelta(days=2))
        assert frozen == ["reading_20210310", "text_reading_20210310"]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT reltuples, reloptions FROM pg_class WHERE relname = 'reading_20210310'"
            )
            assert cursor.fetchone() == (100.0, ["autovacuum_vacuum_insert_threshold=-1"])
        assert partitions.freeze(NOW + timedelta(days=3)) == []
    finally:
        partitions.drop_before(NOW + timedelta(days=2))
