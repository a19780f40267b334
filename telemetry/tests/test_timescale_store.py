"""Readings in TimescaleDB: stored, rolled up, read, compressed and removed as on plain Postgres.

The real migrations and the code that `bridge`, `maintain` and the API run, against the real
extension (tests/timescaledb.py); beside it the same calls on the plain tables.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from devices.models import Device
from telemetry import history, maintenance, partitions, retention, rollups, sql, store, timescale
from telemetry.models import Series
from telemetry.moments import from_ms, to_ms
from telemetry.tests.test_sql import NAMED, SAMPLES
from telemetry.tests.timescaledb import connected, rows, server, write
from telemetry.tests.written import write as write_plain

NOW = datetime(2026, 3, 10, 12, 0, 30, tzinfo=UTC)
END = to_ms(NOW)
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
DEVICE = 501
SERIES = (701, 702, 703)

# They write the plain rollup tables; `refresh_rollup` stands for them.
PLAIN_ONLY = {"roll_up_minutes", "roll_up_hours", "roll_up_days"}
# Parameters of the queries of timescale.sql.
HERE = {
    "ids": [1],
    "minutes": 10,
    "marks": 10,
    "rollup": "rollup_1m",
    "table": "reading",
    "tables": ["reading", "rollup_1m"],
    "cutoff": datetime(2000, 1, 1, tzinfo=UTC),
}

Reading = tuple[int, int, float]  # series, Unix ms, value


@pytest.fixture(scope="module")
def migrated(django_db_blocker) -> Iterator[int]:
    """The port of a TimescaleDB with all migrations."""
    with server() as port:
        with django_db_blocker.unblock(), connected(port):
            rows("CREATE EXTENSION timescaledb")  # as its image and hosted services do
            call_command("migrate", verbosity=0)
            assert timescale.in_use()
        yield port


@contextmanager
def turned_to(port: int) -> Iterator[None]:
    """Django's connection is to this TimescaleDB, and nothing is left there."""
    with connected(port):
        try:
            make_series()
            yield
        finally:
            for chunked in (*timescale.HYPERTABLES, *timescale.ROLLUPS):
                rows("SELECT drop_chunks(%s, older_than => 'infinity'::timestamptz)", chunked)
            rows("DELETE FROM telemetry_series; DELETE FROM devices_device")
            rows("TRUNCATE rollup_dirty, deleted_series")
            rows("UPDATE rollup_floor SET floor = '-infinity'")


@pytest.fixture
def on_timescaledb(migrated: int, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock(), turned_to(migrated):
        yield


def make_series() -> None:
    device = Device.objects.create(id=DEVICE, uid="boiler", name="Boiler")
    Series.objects.bulk_create(
        Series(id=number, device=device, metric=f"m{number}") for number in SERIES
    )


def store_readings(readings: list[Reading], *, may_repeat: bool = False) -> store.Written:
    ids, times, values = (list(column) for column in zip(*readings, strict=True))
    return write(store.Batch(ids, times, values, may_repeat=may_repeat))


def every(step: int, *, span: int, end: int = END, one: int = SERIES[0]) -> list[Reading]:
    return [(one, at, float(at // step % 100)) for at in range(end - span, end, step)]


def compress() -> list[str]:
    return timescale.compress(NOW, lock_wait=partitions.LOCK_WAIT)


def roll_up() -> None:
    while rollups.run_once(NOW):
        pass


def summaries() -> list[list[tuple]]:
    return [sorted(rows(f"SELECT * FROM {table}")) for table in timescale.ROLLUPS]


def answers() -> list[object]:
    """Windows that are answered from every level, and the newest readings."""
    found: list[object] = [
        history.window(SERIES, END - span, END, points, now=NOW)
        for span, points in (
            (HOUR, 5000),
            (HOUR, 100),
            (5 * HOUR, 50),
            (3 * DAY, 90),
            (60 * DAY, 40),
        )
    ]
    return [*found, history.latest(SERIES, now=NOW)]


def chunks() -> dict[str, bool]:
    """The chunks of reading, and whether each is compressed."""
    return {chunk: compressed for *_, chunk, compressed in timescale._chunks(["reading"])}


def scattered(seed: int) -> list[Reading]:
    """Values whose sums do not depend on the order of adding."""
    dice = random.Random(seed)
    times = {END - dice.randrange(3 * DAY) for _ in range(150)}
    times |= {END - HOUR + n * 4000 for n in range(600)}
    found = [
        (dice.choice(SERIES), at, dice.choice((-0.0, dice.randrange(-500, 500) / 8)))
        for at in sorted(times, key=lambda _: dice.random())
    ]
    return [*found, (SERIES[0], END - DAY, 1e300)]


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2])
def test_rollups_and_answers_are_those_of_the_plain_tables(migrated: int, seed: int) -> None:
    late = [(SERIES[0], END - 2 * DAY + n * 777, float(n)) for n in range(40)]

    def measured(put: Callable[[list[Reading]], object]) -> list[object]:
        found: list[object] = []
        for part in (scattered(seed), late):
            put(part)
            found += answers()  # with what is not rolled up yet
            roll_up()
            found += answers()
        return [*found, *summaries()]

    def put_plain(part: list[Reading]) -> None:
        for number in SERIES:
            write_plain(number, [(at, value) for one, at, value in part if one == number])

    make_series()
    plain = measured(put_plain)
    with turned_to(migrated):
        found = measured(store_readings)
    for ours, theirs in zip(found, plain, strict=True):
        assert ours == theirs
    assert all(plain)


@pytest.mark.parametrize(("file", "name"), [one for one in NAMED if one[1] not in PLAIN_ONLY])
def test_each_named_query_runs_here_too(on_timescaledb, file: str, name: str) -> None:
    statement = sql.load(file)[name]
    store_readings(every(1000, span=MINUTE))
    sample = {**SAMPLES, **HERE, "chunk": min(chunks())}
    with connection.cursor() as cursor:
        if not statement.startswith("CALL"):
            cursor.execute(f"EXPLAIN {statement}", sample)
            assert cursor.fetchall()
        if name != "cut_connections":
            cursor.execute(statement, sample)


def test_a_redelivered_reading_is_stored_once(on_timescaledb) -> None:
    readings = every(1000, span=MINUTE)
    assert store_readings(readings).inserted == 60
    again = store_readings([*readings, *every(1000, span=MINUTE, one=SERIES[1])])
    assert (again.inserted, len(again.repeated)) == (60, 60)
    assert store_readings(readings, may_repeat=True).inserted == 0
    assert rows("SELECT count(*) FROM reading") == [(120,)]


def test_what_comes_late_into_a_compressed_chunk_is_stored_once_and_rolled_up(
    on_timescaledb,
) -> None:
    old = END - 10 * DAY
    store_readings(every(1000, span=3 * HOUR, end=old))
    store_readings(every(1000, span=MINUTE, end=END - MINUTE))
    roll_up()
    compressed = compress()
    assert chunks() == {chunk: chunk in compressed for chunk in chunks()}
    assert len(compressed) == 1
    assert compress() == []

    # More than a DELETE may decompress without being told: an INSERT must not be bound by it.
    rows("SET timescaledb.max_tuples_decompressed_per_dml_transaction = 1")
    shifted = [(one, at + 500, value) for one, at, value in every(1000, span=3 * HOUR, end=old)]
    assert store_readings(shifted).inserted == len(shifted)
    assert store_readings([*shifted, (SERIES[0], old + 250, 7.0)]).inserted == 1
    assert store_readings(shifted, may_repeat=True).inserted == 0
    rows("RESET timescaledb.max_tuples_decompressed_per_dml_transaction")

    fresh = history.window(SERIES, old - 4 * HOUR, old + HOUR, 100, now=NOW)
    roll_up()
    assert history.window(SERIES, old - 4 * HOUR, old + HOUR, 100, now=NOW) == fresh
    counted = [row[2] for row in summaries()[2]]
    assert sum(counted) == 2 * 3 * 3600 + 1 + 60
    assert compress() == []  # takes the late ones in
    assert rows("SELECT count(*) FROM ONLY " + compressed[0]) == [(0,)]
    assert rows("SELECT count(*) FROM reading") == [(sum(counted),)]


def test_old_readings_go_and_their_summaries_stay(on_timescaledb, settings) -> None:
    settings.RETENTION_DAYS, settings.ROLLUP_RETENTION_DAYS = 7, 40
    days = (1, 6, 9, 35, 60)
    store_readings([(SERIES[0], END - n * DAY, float(n)) for n in days])
    write(store.Batch(texts=[(SERIES[0], END - 9 * DAY, "old"), (SERIES[0], END, "new")]))

    assert retention.purge(NOW).partitions == []  # nothing is rolled up yet
    roll_up()
    before = summaries()
    purged = retention.purge(NOW)

    assert len(purged.partitions) == 3 + 1 + 1  # days of numbers, of texts, ten days of minutes
    assert rows("SELECT value FROM reading ORDER BY time DESC") == [(1.0,), (6.0,)]
    assert rows("SELECT value FROM text_reading") == [("new",)]
    minutes, hours, coarse = summaries()
    assert [row[3] for row in minutes] == [35.0, 9.0, 6.0, 1.0]
    assert [hours, coarse] == before[1:]


def test_a_reading_older_than_what_was_dropped_costs_no_summary(on_timescaledb, settings) -> None:
    settings.RETENTION_DAYS = 7
    store_readings(every(MINUTE, span=HOUR, end=END - 9 * DAY))
    store_readings(every(MINUTE, span=HOUR))
    roll_up()
    retention.purge(NOW)
    before = summaries()
    store_readings([(SERIES[0], END - 9 * DAY - HOUR, 77.0), (SERIES[0], END - 2 * DAY, 1234.5)])
    settings.RETENTION_DAYS = 90  # raised afterwards: what is gone stays gone
    roll_up()
    after = summaries()
    for table, rest in zip(before, after, strict=True):
        assert [row for row in rest if row[3] != 1234.5] == table
        assert len(rest) == len(table) + 1
    assert rows("SELECT count(*) FROM rollup_dirty WHERE minute < %s", from_ms(END - DAY)) == [(0,)]


def test_a_run_that_dies_before_it_forgets_its_marks_is_done_again(
    on_timescaledb, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_readings(every(1000, span=HOUR, end=END - HOUR))

    def die(rollup: str, start: datetime, stop: datetime) -> None:
        raise RuntimeError

    monkeypatch.setattr(timescale, "refresh", die)
    with pytest.raises(RuntimeError):
        rollups.run_once(NOW)
    monkeypatch.undo()
    roll_up()
    assert sum(row[2] for row in summaries()[2]) == 3600


def test_a_reading_committed_while_a_run_goes_on_is_not_missed(
    on_timescaledb, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_readings([(SERIES[0], END - MINUTE, 1.0)])
    refresh = timescale.refresh

    def meanwhile(rollup: str, start: datetime, stop: datetime) -> None:
        refresh(rollup, start, stop)
        if rollup == "rollup_1d":
            store_readings([(SERIES[0], END - MINUTE + 1, 2.0)])
            monkeypatch.undo()

    monkeypatch.setattr(timescale, "refresh", meanwhile)
    assert rollups.run_once(NOW) == 1
    assert [row[2] for row in summaries()[2]] == [1]
    assert rollups.run_once(NOW) == 1
    assert [[row[2] for row in table] for table in summaries()] == [[2], [2], [2]]


def test_a_deleted_series_goes_from_every_table_compressed_or_not(
    on_timescaledb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timescale, "SERIES_PER_DELETE", 1)
    for one in SERIES:
        store_readings(every(1000, span=HOUR, end=END - 10 * DAY, one=one))
        store_readings(every(1000, span=MINUTE, one=one))
        write(store.Batch(texts=[(one, END, "x")]))
    roll_up()
    compress()
    kept = [[row for row in table if row[0] == SERIES[2]] for table in summaries()]
    rows("SET timescaledb.max_tuples_decompressed_per_dml_transaction = 1")
    Series.objects.filter(id__in=SERIES[:2]).delete()

    assert retention.purge(NOW).series_rows >= 2 * (3600 + 60 + 1)

    rows("RESET timescaledb.max_tuples_decompressed_per_dml_transaction")
    for table in ("reading", "text_reading"):
        assert rows(f"SELECT DISTINCT series_id FROM {table}") == [(SERIES[2],)]
    assert summaries() == kept


def test_maintain_does_every_job(on_timescaledb, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    end = to_ms(now - timedelta(minutes=5))
    store_readings(every(1000, span=MINUTE, end=end))
    store_readings(every(1000, span=MINUTE, end=end - 20 * DAY))
    maintenance.do_everything()
    assert partitions.ensure(now) == []
    assert sorted(chunks().values()) == [False, True]
    assert sum(row[2] for row in summaries()[0]) == 120
    assert rows("SELECT count(*) FROM rollup_dirty") == [(0,)]


def test_the_estimate_counts_compressed_readings(on_timescaledb) -> None:
    store_readings(every(1000, span=HOUR, end=END - 10 * DAY))
    store_readings(every(1000, span=MINUTE))
    compress()
    rows("VACUUM ANALYZE reading")
    assert timescale.estimate_readings() == pytest.approx(3660, rel=0.2)  # by full batches
