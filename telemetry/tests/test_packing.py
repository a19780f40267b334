"""Rows and packs together hold what one plain table would, whatever is done in which order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from itertools import count
from typing import LiteralString

import numpy as np
import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from telemetry import proof
from telemetry.history import blocks, columns, instants, news, reader
from telemetry.history import newest as newest_readings
from telemetry.moments import from_us
from telemetry.sql import load
from telemetry.storage import packed_batch, packing, partitions, replace, store, unpacking
from telemetry.storage.backend import backend
from tests.examples import examples

pytestmark = pytest.mark.django_db(transaction=True)

DAY_US = 86_400_000_000
DAYS = [date(2026, 3, 1), date(2026, 3, 2)]
T = 1_772_323_200_000_000  # Unix microseconds of the first day
STOP = T + 2 * DAY_US

_series = count(1_000_000, 10)  # of which no two examples have one in common

Key = tuple[int, int]
Model = dict[Key, float | str]


def batch(rows: list[tuple[int, int, float | str]], **facts) -> store.Batch:
    numbers = [row for row in rows if not isinstance(row[2], str)]
    texts = [row for row in rows if isinstance(row[2], str)]
    ids, times, values = zip(*numbers, strict=True) if numbers else ((), (), ())
    with_texts = {row[0] for row in rows}  # any may have texts in the store
    return store.Batch(list(ids), list(times), list(values), texts, with_texts=with_texts, **facts)


def stored(series: list[int], start: int = T, stop: int = STOP) -> Model:
    found: Model = {}
    for each in series:
        times, values = columns.numbers(each, start, stop)
        assert (np.diff(times) > 0).all()
        found |= {(each, at): v for at, v in zip(times.tolist(), values.tolist(), strict=True)}
    for block in blocks.texts(series, start, stop, rows=3):
        rows = zip(block.series_ids.tolist(), block.times_us.tolist(), block.values, strict=True)
        for each, at, text in rows:
            assert (each, at) not in found
            found[each, at] = text
    return found


def by_sql(series: int, start: int, stop: int) -> Model:
    """The same, unpacked by Postgres."""
    found: Model = {}
    with connection.cursor() as cursor:
        for kind in ("numbers", "texts"):
            cursor.execute(
                "SELECT round(date_part('epoch', time) * 1e6)::bigint, value"
                f" FROM {kind}_between(%s, %s, %s)",
                [series, from_us(start), from_us(stop)],
            )
            rows = cursor.fetchall()
            assert len({at for at, _ in rows}) == len(rows)
            found |= {(series, at): value for at, value in rows}
    return found


def bits(model: Model) -> dict[Key, object]:
    return {key: v if isinstance(v, str) else np.float64(v).tobytes() for key, v in model.items()}


def check(model: Model, series: list[int], start: int, stop: int) -> None:
    assert bits(stored(series)) == bits(model)
    inside = {key: v for key, v in model.items() if start <= key[1] < stop}
    assert bits(stored(series, start, stop)) == bits(inside)
    for each in series:
        ours = {key: v for key, v in inside.items() if key[0] == each}
        assert bits(by_sql(each, start, stop)) == bits(ours)
        numbers = sorted(at for (_, at), v in ours.items() if not isinstance(v, str))
        assert [
            at for block in blocks.read([each], start, stop, rows=2) for at in block.times_us
        ] == numbers
        for many in {1, 2, 3, len(numbers), max(1, len(numbers) - 1)}:
            few = reader.with_at_most(many, [each], from_us(start), from_us(stop))
            assert few == ([each] if len(numbers) <= many else [])
        assert instants.newest(each, start, stop - 1, 2).tolist() == numbers[-2:]
        times, said = columns.words(each, start, stop, 3)
        oldest = sorted((at, value) for (_, at), value in ours.items())[:3]
        assert list(zip(times.tolist(), said, strict=True)) == oldest
    ids = np.array(series, np.int32)
    edges = [np.full(len(ids), at - 1) for at in (start, stop)]
    fresh = news.numbers(ids, *edges)
    rows = zip(fresh.places.tolist(), fresh.times_us.tolist(), fresh.values.tolist(), strict=True)
    wanted = {key: v for key, v in inside.items() if not isinstance(v, str)}
    assert bits({(series[place], at): v for place, at, v in rows}) == bits(wanted)
    heard = news.newest_by(ids, edges[1])
    for place, each in enumerate(series):
        before = [at for (one, at) in model if one == each and at < stop]
        assert heard.get(place) == max(before, default=None)
    newest(model, series, start, stop)


def newest(model: Model, series: list[int], start: int, stop: int) -> None:
    """The newest numbers and texts before a moment, as `fetch_latest` finds them."""
    with connection.cursor() as cursor:
        for each in series:
            numbers = [
                (at, v)
                for (one, at), v in sorted(model.items(), key=lambda one: one[0])
                if one == each and start <= at < stop and not isinstance(v, str)
            ]
            cursor.execute(
                LATEST,
                {"series": [each], "floor": from_us(start), "before": from_us(stop), "newest": 3},
            )
            us, value, pack = cursor.fetchone()
            times, value = newest_readings.numbers(us or [], value, pack, stop, start, 3)
            assert times == [at for at, _ in numbers[::-1][:3]]
            assert value == (numbers[-1][1] if numbers else None)


def _latest() -> LiteralString:
    """`fetch_latest` without what needs a series to be registered."""
    _, _, after = load("history")["fetch_latest"].partition("CROSS JOIN LATERAL")
    number, _, _ = after.partition("LEFT JOIN last_reading")
    return (
        "SELECT number.us, number.value, reaching.bytes FROM ("
        "SELECT id, %(before)s::timestamptz AS before FROM unnest(%(series)s::int[]) AS wanted (id)"
        ") AS asked CROSS JOIN LATERAL" + number
    )


LATEST = _latest()


def forget(days: list[date]) -> None:
    """Empty the store for the next example."""
    with connection.cursor() as cursor:
        for table in ("reading", "text_reading", "reading_pack", "text_pack", "late_reading"):
            cursor.execute(f"DELETE FROM {table}")
        cursor.execute("DELETE FROM late_text_reading")
        for day in days:
            with_parts = [part for part in partitions.listed() if part.day == day]
            cursor.execute("DELETE FROM packed_day WHERE day = %s", [day])
            for part in with_parts:
                cursor.execute(f"DROP TABLE {part.name}")


# Few instants, so that they meet: hours of their own, one just at an edge, one alone in a day.
offsets = st.sampled_from([0, 1, 1_000, 3_599_999_999, 3_600_000_000, DAY_US - 1, DAY_US + 7])
WORDS = ("on", "off")
values = st.sampled_from([21.5, 21.25, -0.0, 0.0, 5e-324, 1.7976931348623157e308, 0.1, *WORDS])
rows = st.lists(st.tuples(st.integers(0, 1), offsets, values), min_size=1, max_size=6)
steps = st.one_of(
    st.tuples(st.just("write"), rows),
    st.tuples(st.just("again"), rows),
    st.tuples(st.just("import"), rows),
    st.tuples(st.just("import"), rows),
    st.tuples(st.just("pack"), st.sampled_from(DAYS)),
    st.tuples(st.just("pack"), st.sampled_from(DAYS)),
    st.tuples(st.just("unpack"), st.sampled_from(DAYS)),
    st.tuples(st.just("delete"), st.tuples(st.integers(0, 1), st.sets(offsets, min_size=1))),
    st.tuples(st.just("drop"), st.just(DAYS[1])),
)


@settings(
    max_examples=examples(25),
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # to shrink it takes minutes
    report_multiple_bugs=False,
)
@given(st.lists(steps, min_size=3, max_size=9), offsets, offsets)
def test_any_order_of_steps_leaves_what_a_plain_table_would_hold(done, one, other):
    first = next(_series)
    series = [first, first + 1]
    model: Model = {}
    start, stop = T + min(one, other), T + max(one, other) + 1
    try:
        for what, given_to in done:
            if what in ("write", "again"):
                given_rows = [(first + n, T + at, value) for n, at, value in given_to]
                expect_written(model, given_rows, may_repeat=what == "again")
            elif what == "import":
                given_rows = [(first + n, T + at, v) for n, at, v in given_to if v not in WORDS]
                expect_imported(model, given_rows)
            elif what == "pack":
                packing.pack_day(given_to)
                packing.drop_doomed()
            elif what == "unpack":
                list(unpacking.unpack_day(given_to))
            elif what == "delete":
                n, at = given_to
                moments = [from_us(T + each) for each in sorted(at)]
                backend().delete_readings(first + n, moments)
                for each in at:
                    if not isinstance(model.get((first + n, T + each)), str):
                        model.pop((first + n, T + each), None)
            else:
                backend().drop_readings(datetime.combine(given_to, datetime.min.time(), UTC))
                model = {key: value for key, value in model.items() if key[1] >= T + DAY_US}
            check(model, series, start, stop)
    finally:
        forget(DAYS)


@pytest.mark.parametrize("apart", [1, 101, 100_001], ids=["1 byte", "2 bytes", "4 bytes"])
def test_a_pack_of_uneven_times_is_read_from_both_its_ends(apart: int):
    first = next(_series)
    offsets = [(60_000 * n + n * n % 7) * apart for n in range(12)]
    model: Model = {}
    try:
        expect_written(model, [(first, T + at, 20 + at % 3 / 4) for at in offsets])
        packing.pack_day(DAYS[0])
        packing.drop_doomed()
        with connection.cursor() as cursor:
            cursor.execute("SELECT width FROM reading_pack WHERE series_id = %s", [first])
            assert cursor.fetchall() == [({1: 1, 101: 2, 100_001: 4}[apart],)]
        for stop in (offsets[1], offsets[7], offsets[-1], DAY_US):
            check(model, [first], T, T + stop)
    finally:
        forget(DAYS)


def expect_written(model: Model, rows: list[tuple[int, int, float | str]], **facts) -> None:
    """Write them, and have the model keep the first: within one batch the numbers are first."""
    in_order = sorted(rows, key=lambda row: isinstance(row[2], str))
    fresh: Model = {}
    for each, at, value in in_order:
        fresh.setdefault((each, at), value)
    new = {key: value for key, value in fresh.items() if key not in model}
    written = store.write(batch(rows, **facts), "w")
    assert written.inserted == len(new)
    if facts.get("may_repeat"):
        assert written.repeated >= fresh.keys() - new.keys()
    model |= new
    numbers = [row for row in rows if not isinstance(row[2], str)]
    differing = [n for n, (s, at, value) in enumerate(numbers) if model[s, at] != value]
    assert written.conflicts.numbers == differing


def imported(rows: dict[Key, float]) -> list[tuple[list[Key], store.Written]]:
    """Store numbers as an import does; what of them was stored together, and what came of it."""
    keys = sorted(rows, key=lambda key: (key[1] // DAY_US, key))
    done = []
    for is_packed, chosen in packed_batch.spans(np.array([at for _, at in keys], np.int64)):
        piece = [(*key, rows[key]) for key in keys[chosen]]
        write = packed_batch.write if is_packed else partial(store.write, worker="w")
        done.append((keys[chosen], write(batch(piece, may_repeat=True))))
    return done


def expect_imported(model: Model, rows: list[tuple[int, int, float]]) -> None:
    """Import them, and have the model keep what was there."""
    fresh: dict[Key, float] = {}
    for each, at, value in rows:
        fresh.setdefault((each, at), value)
    for keys, written in imported(fresh):
        assert written.inserted == len([key for key in keys if key not in model])
        model |= {key: fresh[key] for key in keys if key not in model}
        differing = [n for n, key in enumerate(keys) if model[key] != fresh[key]]
        assert written.conflicts.numbers == differing


@pytest.fixture
def day() -> date:
    """A day of three series: two dense ones and one that speaks now and then."""
    times = T + np.arange(0, 6_000_000_000, 1_000_000)
    for each, at in ((1, times), (2, times + 1_000), (3, times[::3_000])):
        values = np.round(20 + np.sin(at / 7e8), 2)
        store.write(store.Batch(np.full(len(at), each), at, values), "w")
    return DAYS[0]


def summary() -> list[tuple[int, int, float]]:
    """Of each series how many readings are stored, and their sum."""
    found = []
    for each in (1, 2, 3):
        times, values = columns.numbers(each, T, STOP)
        assert (np.diff(times) > 0).all()
        found.append((each, len(times), float(values.sum())))
    return found


def in_rows() -> tuple[int, list[str]]:
    """How many numbers are in partitions, and which partitions there are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reading")
        (rows,) = cursor.fetchone()
    return rows, partitions.names()


def test_a_packed_day_takes_little_room_and_has_no_partition(day: date):
    before, sent = summary(), sorted(proof.ledger([1, 2, 3]))
    assert len(sent) == 12_002
    assert packing.pack_day(day) == sum(count for _, count, _ in before)
    packing.drop_doomed()
    assert in_rows() == (0, [])
    assert summary() == before
    assert sorted(proof.ledger([1, 2, 3])) == sent  # what `manage.py prove` compares
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT series_id, count(*), sum(count), max(extract(epoch FROM stop - start))::int"
            " FROM reading_pack GROUP BY 1 ORDER BY 1"
        )
        assert cursor.fetchall() == [(1, 2, 6_000, 3599), (2, 2, 6_000, 3599), (3, 1, 2, 3_000)]
        cursor.execute("SELECT sum(pg_column_size(p)) FROM reading_pack AS p WHERE series_id < 3")
        assert cursor.fetchone()[0] / 12_000 < 3  # bytes a reading, without the indexes
        # What another test counted stays in the statistics, although its rows were taken back.
        cursor.execute("ANALYZE late_reading, late_text_reading")
    assert backend().estimate_readings() == 12_002


@contextmanager
def cut_at(statement: str, calls: int) -> Iterator[None]:
    """The database ends the session when a statement comes for the so-manieth time."""
    left = [calls]

    def cut(execute, sql, params, many, context):
        if statement in str(sql):
            left[0] -= 1
            if not left[0]:
                execute("SELECT pg_terminate_backend(pg_backend_pid())", None, False, context)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(cut):
        yield


@pytest.mark.parametrize(
    ("statement", "calls"),
    [
        ("INTO packed_day", 1),
        ("TRIGGER refuse_packed_day", 2),
        ("DELETE FROM text_reading", 1),
        ("UPDATE packed_day", 2),
        ("COMMENT", 1),
        ("COMMENT", 2),
    ],
)
def test_a_run_that_is_killed_goes_on_where_it_was(day: date, statement, calls, monkeypatch):
    monkeypatch.setattr(packing, "STEP_ROWS", 5_000)
    # On a busy machine the session that was ended takes its time to give up its locks.
    monkeypatch.setattr(partitions, "LOCK_WAIT", "60s")
    before = summary()
    with pytest.raises((DatabaseError, psycopg.Error)), cut_at(statement, calls):
        packing.pack_day(day)
    connection.close()
    assert summary() == before
    # Nobody knows whether these are packed already: one is new, one is there.
    late = store.Batch([1, 1], [T + 500_000, T], [1.0, 7.0])
    written = store.write(late, "w")
    assert (written.inserted, written.conflicts.numbers) == (1, [1])
    before = summary()
    assert before[0][1] == 6_001
    packing.pack_day(day)
    packing.drop_doomed()
    assert summary() == before
    assert in_rows() == (0, [])


def _guarded(work: Callable[[], None], wrong: list[object]) -> threading.Thread:
    """A thread whose error is one of what is wrong."""

    def run() -> None:
        try:
            work()
        except Exception as exc:  # noqa: BLE001
            wrong.append(exc)
        finally:
            connections.close_all()

    return threading.Thread(target=run)


def test_packers_writers_and_readers_at_once_lose_and_double_nothing(  # noqa: C901 (threads)
    day: date, monkeypatch
):
    monkeypatch.setattr(packing, "STEP_ROWS", 2_000)
    wrong: list[object] = []
    stop = threading.Event()
    again = [(each, T + n * 1_000_000 + 500_000, 1.0) for each in (1, 2) for n in range(200)]
    inserted: list[int] = []

    def read() -> None:
        while not stop.is_set():
            for each, least in ((1, 6_000), (2, 6_000), (3, 2)):
                times, _ = columns.numbers(each, T, STOP)
                if len(times) < least or (np.diff(times) <= 0).any():
                    wrong.append((each, len(times)))

    def write() -> None:
        # Both write the same: each reading is new to one of them.
        for first in range(0, len(again), 10):
            inserted.append(store.write(batch(again[first : first + 10]), "w").inserted)

    reading = _guarded(read, wrong)
    # A day that is in nobody's rows: two import the same, a third has some of it come late.
    history = {(1, T + DAY_US + n * 1_000_000): 1.0 for n in range(600)}

    def come_in() -> None:
        for first in range(0, 600, 200):
            some = dict(list(history.items())[first : first + 200])
            inserted.extend(written.inserted for _, written in imported(some))

    def come_late() -> None:
        for key in list(history)[150:450:30]:
            inserted.append(store.write(batch([(*key, 1.0)]), "w").inserted)

    list(packed_batch.spans(np.array([T + DAY_US])))  # closes it
    works = (write, write, *[lambda: packing.pack_day(day)] * 2, come_in, come_in, come_late)
    others = [_guarded(work, wrong) for work in works]
    for thread in [reading, *others]:
        thread.start()
    for thread in others:
        thread.join(120)
    stop.set()
    reading.join(60)
    assert wrong == []
    assert sum(inserted) == len(again) + len(history)
    packing.pack_day(day)
    packing.drop_doomed()
    assert [count for _, count, _ in summary()] == [6_800, 6_200, 2]
    assert in_rows() == (0, [])


@pytest.mark.parametrize("statement", ["SELECT EXISTS", "UPDATE packed_day", "INTO commit_log"])
def test_an_import_that_is_killed_is_there_whole_or_not_at_all(statement, monkeypatch):
    monkeypatch.setattr(partitions, "LOCK_WAIT", "60s")
    first = next(_series)
    rows = {(first, T + n * 60_000_000): float(n) for n in range(500)}
    with pytest.raises((DatabaseError, psycopg.Error)), cut_at(statement, 1):
        imported(rows)
    connection.close()
    try:
        assert stored([first]) == {}
        ((_, written),) = imported(rows)
        assert written.inserted == 500
        assert (stored([first]), in_rows()) == (rows, (0, []))
        with connection.cursor() as cursor:
            cursor.execute("SELECT readings FROM packed_day WHERE day = %s", [DAYS[0]])
            assert cursor.fetchone() == (500,)
    finally:
        forget(DAYS)


def test_an_import_finds_by_the_keys_what_is_stored_of_its_days():
    asked = {"series": [7, 8], "start": from_us(T), "stop": from_us(STOP)}
    with transaction.atomic(), connection.cursor() as cursor:
        for table, rest in (
            ("reading_pack", ", start, 1, 1.5, 1, 1, 1, ''"), ("late_reading", ", 1.5"),
            ("text_pack", ", start, 1, 'on', 1, 1, 1, '', '{on}', '{0}'"),
            ("late_text_reading", ", 'on'"),
        ):  # fmt: skip
            names = (
                ", stop, count, last, unit, step, width, steps" if "pack" in table else ", value"
            )
            names += ", words, places" if table == "text_pack" else ""
            at = "start" if "pack" in table else "time"
            cursor.execute(
                f"INSERT INTO {table} (series_id, {at}{names}) SELECT n %% 200, start{rest}"
                " FROM generate_series(0, 9999) AS n,"
                " LATERAL (SELECT %s::timestamptz + n * interval '1 hour') AS one (start)",
                [from_us(T)],
            )
            cursor.execute(f"ANALYZE {table}")
        cursor.execute("EXPLAIN " + load("packs")["list_stored_days"], asked)
        plan = "\n".join(line for (line,) in cursor.fetchall())
        transaction.set_rollback(True)
    assert "Seq Scan" not in plan


def test_a_day_waits_for_its_summaries_and_the_command_has_it_in_rows_again(
    day: date, settings, capsys
):
    before = summary()
    now, oldest = datetime(2026, 3, 9, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    settings.PACK_AFTER_DAYS = 3
    assert backend().pack(now, oldest) == []
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM commit_log")
    settings.PACK_AFTER_DAYS = 0
    assert backend().pack(now, oldest) == []
    settings.PACK_AFTER_DAYS = 3
    assert backend().pack(now, oldest) == ["packed 12002 readings of 2026-03-01"]
    with pytest.raises(CommandError, match="PULSEBOARD_PACK_AFTER_DAYS=0"):
        call_command("unpack")
    settings.PACK_AFTER_DAYS = 0
    call_command("unpack")
    assert "12002 readings were moved" in capsys.readouterr().out
    assert summary() == before
    assert in_rows()[0] == 12_002
    assert store.write(store.Batch([3], [T + 1], [1.0]), "w").inserted == 1
    assert in_rows()[0] == 12_003


def test_what_is_computed_for_a_day_that_is_unpacked_just_then_goes_into_its_rows(day: date):
    packing.pack_day(day)
    packing.drop_doomed()
    wrong: list[object] = []
    unpacked: list[int] = []

    def unpack_before(execute, sql, params, many, context):
        if not unpacked and sql == load("packs")["look_into_packs"]:
            unpacked.append(0)
            thread = _guarded(lambda: unpacked.extend(unpacking.unpack_day(day)), wrong)
            thread.start()
            thread.join(120)
        return execute(sql, params, many, context)

    with (
        connection.execute_wrapper(unpack_before),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        replace.exchange(cursor, 3, {}, {T + 1: 5.0})
    assert wrong == []
    assert sum(unpacked) == 12_002
    assert (3, 3) in [(series, count) for series, count, _ in summary()]
    assert in_rows()[0] == 12_003
