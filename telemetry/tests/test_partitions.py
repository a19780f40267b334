"""Daily partitions: made when a day has readings, dropped whole, and nobody waits for either."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from django.db import DatabaseError, connection

from telemetry.moments import from_ms, to_us
from telemetry.storage import partitions, retention, rollups, store, upkeep
from telemetry.tests.written import rollup

NOW = datetime(2021, 3, 10, 23, 30, tzinfo=UTC)
TODAY = NOW.date()
DAY = timedelta(days=1)
PATIENCE = 30.0  # seconds; far more than anything here takes, and less than a reader stays


def rows(table: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT series_id, time, value FROM {table} ORDER BY 1, 2")
        return cursor.fetchall()


def put(*readings: tuple[int, datetime, float]) -> store.Written:
    ids, times, values = (list(column) for column in zip(*readings, strict=True))
    return store.write(store.Batch(ids, [to_us(at) for at in times], values), "w")


def drop_before(day: date) -> list[str]:
    return partitions.drop(partitions.before(day))


@contextmanager
def open_transaction(*statements: str) -> Iterator[psycopg.Connection]:
    """Another session that has read something and stays, as pg_dump does."""
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("SET application_name = 'dump'")
        other.commit()
        for statement in statements:
            other.execute(statement)
        yield other
        other.rollback()


@pytest.mark.django_db
def test_missing_days_are_made_once_for_both_tables() -> None:
    made = upkeep.make_days(NOW, days_back=1, days_ahead=1)
    days = ["20210309", "20210310", "20210311"]
    assert made == [f"{t}_{d}" for t in ("reading", "text_reading") for d in days]
    assert upkeep.make_days(NOW, days_back=1, days_ahead=1) == []


@pytest.mark.django_db
def test_nothing_to_do_costs_one_query(django_assert_num_queries) -> None:
    upkeep.make_days(NOW)
    with django_assert_num_queries(1):
        upkeep.make_days(NOW)


@pytest.mark.django_db
def test_a_reading_of_any_day_makes_room_for_itself() -> None:
    readings = [(1, NOW, 1.0), (1, NOW - 4000 * DAY, 2.0), (1, NOW + 400 * DAY, 3.0)]
    assert put(*readings).inserted == 3
    texts = [(1, to_us(NOW - 9 * DAY), "ERR")]
    assert store.write(store.Batch(texts=texts), "w").inserted == 1
    assert rows("reading") == sorted(readings, key=lambda row: row[1])
    assert rows("reading_20210310") == readings[:1]
    assert rows("text_reading_20210301") == [(1, NOW - 9 * DAY, "ERR")]


@pytest.mark.django_db
def test_a_partition_refuses_a_redelivered_reading_and_has_every_index() -> None:
    upkeep.make_days(NOW, days_back=0, days_ahead=0)
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


def in_threads(count: int, work: Callable[[int], object]) -> list[Exception]:
    """What went wrong in any of them, all begun at the same moment."""
    failures: list[Exception] = []
    start = threading.Barrier(count)

    def call(number: int) -> None:
        try:
            start.wait(timeout=60)
            work(number)
        except (DatabaseError, psycopg.Error) as exc:  # `copy` raises the latter
            failures.append(exc)
        finally:
            connection.close()

    threads = [threading.Thread(target=call, args=[n]) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return failures


def test_callers_at_the_same_moment_do_not_fail_or_repeat(transactional_db) -> None:
    made: list[str] = []
    call = lambda _: made.extend(upkeep.make_days(NOW, days_back=1, days_ahead=2))  # noqa: E731
    assert in_threads(4, call) == []
    assert len(made) == len(set(made)) == 8


def test_days_attached_while_batches_write_refuse_none_of_them(transactional_db) -> None:
    """Each writer meets the partitions of others while they are made: numbers and texts, straight
    and merged, beside `maintain`, which makes the same days ahead. What raises is quarantined."""
    days = [NOW - n * DAY for n in range(10)]

    def work(number: int) -> None:
        for day in days:
            if number == 4:
                partitions.make([day.date()])
                continue
            texts = [(number, to_us(day) + 1, "ERR")] if number > 1 else []
            batch = store.Batch([number], [to_us(day)], [1.0], texts, may_repeat=number == 1)
            store.write(batch, "w")

    assert in_threads(5, work) == []
    assert len(rows("reading")) == 40
    assert len(rows("text_reading")) == 20


def test_whole_days_are_dropped(transactional_db) -> None:
    kept = (1, NOW - timedelta(hours=20), 2.0)
    put((1, NOW - 40 * DAY, 1.0), (1, NOW - 2 * DAY, 5.0), kept)
    names = {f"{table}_{day}" for table in partitions.TABLES for day in (20210129, 20210308)}
    assert set(drop_before(TODAY - DAY)) == names
    assert rows("reading") == [kept]


def test_a_name_tells_its_day() -> None:
    assert partitions.day_of("reading", "reading_20261122") == date(2026, 11, 22)
    assert partitions.day_of("reading", "reading_20261122_2") == date(2026, 11, 22)
    assert partitions.day_of("reading", "reading_default") is None


@pytest.mark.parametrize("read", ["reading", "reading_20210301"])
def test_an_open_transaction_delays_a_drop_and_nobody_else(transactional_db, read: str) -> None:
    """`pg_dump`, or any reader, of a day that is to go: pages and ingest waited for 5 s in every 9,
    and so did every other job."""
    old, older = NOW - 9 * DAY, NOW - 10 * DAY
    put((1, old, 1.0), (1, older, 2.0), (1, NOW, 3.0))
    with open_transaction(f"SELECT * FROM {read}"):
        done = threading.Event()

        def live() -> None:
            """A bridge and a page, each patient for less than the drop waits."""
            with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
                other.execute("SET lock_timeout = '500ms'")
                n = 0
                while not done.is_set():
                    n += 1
                    other.execute("INSERT INTO reading VALUES (2, %s, 1)", [NOW - n * DAY / 1e6])
                    other.execute("SELECT count(*) FROM reading")

        failed = []
        thread = threading.Thread(
            target=lambda: failed.extend(in_threads(1, lambda _: live())), daemon=True
        )
        thread.start()
        for _ in range(3):
            with pytest.raises(partitions.StillRead, match=r"cannot be dropped .*\(dump\)"):
                drop_before(TODAY - DAY)
        put((3, NOW + DAY, 1.0))  # a new day meanwhile
        done.set()
        thread.join(PATIENCE)
        assert failed == []
    assert {"reading_20210228", "reading_20210301"} & set(drop_before(TODAY - DAY))
    assert partitions.before(TODAY - DAY) == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('reading_20210301'), to_regclass('reading_20210228')")
        assert cursor.fetchone() == (None, None)
    assert [row for row in rows("reading") if row[0] == 1] == [(1, NOW, 3.0)]


def test_what_is_read_does_not_keep_what_is_not_from_going(transactional_db) -> None:
    put((1, NOW - 10 * DAY, 1.0), (1, NOW - 9 * DAY, 2.0))
    with open_transaction("SELECT * FROM text_reading"):
        with pytest.raises(partitions.StillRead):
            drop_before(TODAY)
        assert partitions.names() == [
            name for name in partitions.names() if name.startswith("text_reading_")
        ]


def test_a_reading_of_a_day_that_is_going_is_refused(transactional_db) -> None:
    """Not tried again for ever: that would stop ingest for as long as the reader stays."""
    put((1, NOW - 9 * DAY, 1.0))
    with open_transaction("SELECT * FROM reading"):
        with pytest.raises(partitions.StillRead):
            drop_before(TODAY)
        with pytest.raises(psycopg.errors.CheckViolation) as refused:
            put((1, NOW - 9 * DAY + timedelta(minutes=1), 1.0))
        assert not store.errors.is_temporary(refused.value)
    drop_before(TODAY)
    assert put((1, NOW - 9 * DAY, 1.0)).inserted == 1


def test_a_day_comes_back_beside_what_still_waits_to_be_dropped(transactional_db) -> None:
    put((1, NOW - 9 * DAY, 1.0))
    with connection.cursor() as cursor:
        cursor.execute("COMMENT ON TABLE reading_20210301 IS 'Pulseboard drops it'")
        cursor.execute("ALTER TABLE reading DETACH PARTITION reading_20210301")
    with open_transaction("SELECT * FROM reading_20210301"):
        assert put((1, NOW - 9 * DAY, 7.0)).inserted == 1
        assert rows("reading") == rows("reading_20210301_2") == [(1, NOW - 9 * DAY, 7.0)]
    assert drop_before(date(2021, 1, 1)) == ["reading_20210301"]
    assert rows("reading") == [(1, NOW - 9 * DAY, 7.0)]


def test_what_somebody_else_detached_is_kept(transactional_db) -> None:
    put((1, NOW - 9 * DAY, 1.0))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE reading DETACH PARTITION reading_20210301")
        assert "reading_20210301" not in drop_before(TODAY)
        assert rows("reading_20210301") == [(1, NOW - 9 * DAY, 1.0)]
        cursor.execute("DROP TABLE reading_20210301")


def test_a_drop_that_was_given_up_counts_nothing_twice(transactional_db, settings) -> None:
    """Detached and not gone: its summary stays what it was, whatever else is rolled up."""
    settings.RETENTION_DAYS = 7
    old = NOW - 9 * DAY
    put((1, old, 1.0), (1, NOW, 2.0))
    rollups.run(NOW + DAY)
    with open_transaction("SELECT * FROM reading"):
        with pytest.raises(partitions.StillRead):
            retention.drop_readings(NOW)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO dirty_minute (minute) VALUES (date_trunc('minute', %s))", [old]
            )
        rollups.run(NOW + DAY)
    retention.drop_readings(NOW)
    rollups.run(NOW + DAY)
    assert [row[1:] for row in rollup("rollup_1d", 1)] == [(1, 1.0, 1.0, 1.0), (1, 2.0, 2.0, 2.0)]


def test_a_partition_is_frozen_once_when_its_backlogs_have_come(transactional_db) -> None:
    start = datetime(2021, 3, 10, tzinfo=UTC)
    put(*((1, start + timedelta(milliseconds=n), 1.0) for n in range(100)))
    assert partitions.freeze(NOW + DAY) == []
    frozen = partitions.freeze(NOW + 2 * DAY)
    assert frozen == ["reading_20210310", "text_reading_20210310"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples, reloptions FROM pg_class WHERE relname = 'reading_20210310'"
        )
        assert cursor.fetchone() == (100.0, ["autovacuum_vacuum_insert_threshold=-1"])
    assert partitions.freeze(NOW + 3 * DAY) == []


def test_a_moment_is_of_its_day_in_utc() -> None:
    assert partitions.bounds(TODAY) == {
        "start": datetime(2021, 3, 10, tzinfo=UTC),
        "stop": from_ms(1_615_420_800_000),
    }
