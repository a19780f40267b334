"""A plain store is moved into hypertables: killed anywhere, beside writers, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from importlib import import_module
from io import StringIO
from random import Random
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from access.scope import EVERYTHING
from telemetry.history import reader
from telemetry.models import Series
from telemetry.moments import from_ms, to_us
from telemetry.sql import load
from telemetry.storage import (
    backend,
    moving,
    moving_begin,
    moving_end,
    moving_notes,
    pack_rows,
    partitions,
    replace,
    rollups,
    store,
    timescale,
)
from telemetry.storage import summaries as summaries_of
from telemetry.storage.backend import is_timescale
from telemetry.tests.timescaledb import (
    DAY,
    END,
    HOUR,
    MINUTE,
    NOW,
    SERIES,
    chunks,
    every,
    roll_up,
    rows,
    store_readings,
    summaries,
    write,
)

pytestmark = pytest.mark.process

PLAIN = import_module("telemetry.migrations.0002_readings")
# As the later migrations leave it.
NEWER = """\
DROP TABLE reading_default, text_reading_default, rollup_dirty;
CREATE TABLE rollup_base (LIKE rollup_1m INCLUDING ALL);
ALTER TABLE rollup_1m ADD COLUMN since_drop boolean NOT NULL DEFAULT false;
"""
HYPERTABLES_GONE = """\
DROP MATERIALIZED VIEW rollup_1d;
DROP MATERIALIZED VIEW rollup_1h;
DROP MATERIALIZED VIEW rollup_1m;
DROP TABLE text_reading;
DROP TABLE reading;
"""


@pytest.fixture
def plain(on_timescaledb: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A plain store on the server that has TimescaleDB: rows, packs, late readings, texts,
    summaries of what is gone. Its readings are in hypertables again at the end."""
    monkeypatch.setattr(moving, "FIRST_WIDTH", moving.DAY)
    # It copies up to the end of today: by the true clock each day since `NOW` would be one more.
    monkeypatch.setattr(moving.clock, "now", lambda: NOW)
    with connection.cursor() as cursor:
        for script in (HYPERTABLES_GONE, PLAIN.SCHEMA, NEWER):
            cursor.execute(script)
    backend.ask_again()
    assert not is_timescale()
    try:
        fill()
        yield
    finally:
        if not is_timescale():
            moving.give_up()
            run("--raise-floor")
        rows("TRUNCATE series_retention")
        rows("UPDATE retention_state SET minute_floor = DEFAULT, raw_held = DEFAULT")


def fill() -> None:
    partitions.make([from_ms(END - n * DAY).date() for n in range(-1, 15)])
    for back in (11, 3, 0):
        store_readings(every(MINUTE, span=HOUR, end=END - back * DAY))
    store_readings(every(HOUR, span=12 * DAY, one=SERIES[1]))
    texts = [(SERIES[2], (END - n * DAY) * 1_000 + 1, f"word {n}") for n in range(13)]
    write(store.Batch(texts=texts))
    roll_up()
    for back in (11, 3):
        pack(from_ms(END - back * DAY).date())
    # Late for a packed day; and summaries of readings that are gone.
    rows("INSERT INTO late_reading VALUES (701, %s, 77)", from_ms(END - 11 * DAY - 5 * HOUR))
    rows("INSERT INTO dirty_minute VALUES (%s)", from_ms(END - 11 * DAY - 5 * HOUR))
    for table, width in (("1m", MINUTE), ("1h", HOUR), ("1d", DAY)):
        bucket = from_ms((END - 16 * DAY) // width * width)
        rows(f"INSERT INTO rollup_{table} VALUES (701, %s, 5, 10, 1, 3, 2, 2)", bucket)
    rows("UPDATE retention_state SET raw_floor = %s", from_ms((END - 14 * DAY) // DAY * DAY))


def pack(day: date) -> None:
    """As `packing` does, by INSERT: this server takes no COPY over the wire."""
    edges = partitions.bounds(day)
    within = "WHERE time >= %s AND time < %s ORDER BY series_id, time"
    numbers = rows(f"SELECT * FROM reading {within}", *edges.values())
    texts = rows(f"SELECT * FROM text_reading {within}", *edges.values())
    ids, times, values = zip(*numbers, strict=True)
    columns = pack_rows.Columns(
        np.array(ids, np.int32), np.array([to_us(each) for each in times]), np.array(values)
    )
    with connection.cursor() as cursor:
        pack_rows.write_numbers(Inserting(cursor), columns, by_hour=False)
        pack_rows.write_texts(
            Inserting(cursor),
            np.array([row[0] for row in texts], np.int32),
            np.array([to_us(row[1]) for row in texts]),
            [row[2] for row in texts],
            by_hour=False,
        )
    rows("INSERT INTO packed_day VALUES (%s)", day)
    for table in partitions.TABLES:
        rows(f"DROP TABLE {table}_{day:%Y%m%d}")


class Inserting:
    """A cursor that inserts what is copied."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    @contextmanager
    def copy(self, statement: str) -> Iterator[Any]:
        into = statement.removeprefix("COPY ").removesuffix(" FROM STDIN")

        def write_row(row: tuple[Any, ...]) -> None:
            places = ", ".join(["%s"] * len(row))
            self._cursor.execute(f"INSERT INTO {into} VALUES ({places})", row)

        yield SimpleNamespace(write_row=write_row)


def stored() -> tuple[list[tuple], list[tuple]]:
    """Every number and text, wherever they are."""
    numbers = rows("SELECT * FROM all_numbers_between('-infinity', 'infinity') ORDER BY 1, 2")
    texts = [
        (series, *row)
        for series in SERIES
        for row in sorted(rows("SELECT * FROM texts_between(%s, '-infinity', 'infinity')", series))
    ]
    return numbers, texts


def seen() -> object:
    return reader.window(EVERYTHING, SERIES[:2], END - 16 * DAY, END, 100, now=NOW)


def give_by_hand() -> None:
    rows("GRANT SELECT ON reading, rollup_1h TO pg_monitor WITH GRANT OPTION")
    rows("REVOKE TRUNCATE ON reading FROM CURRENT_USER")
    rows("COMMENT ON TABLE reading IS 'what was measured'")
    rows("COMMENT ON COLUMN rollup_1h.sum IS 'of the hour'")


def given() -> list[tuple]:
    """The rights on the tables and their columns, and the comments."""
    return rows(
        "SELECT id::regclass::text, (SELECT rolname FROM pg_roles WHERE oid = relowner),"
        " acl.grantee::regrole::text, acl.privilege_type, acl.is_grantable,"
        " (SELECT string_agg(objsubid || description, ' ' ORDER BY objsubid) FROM pg_description"
        "  WHERE objoid = id AND classoid = 'pg_class'::regclass)"
        " FROM unnest(%s::regclass[]) AS id JOIN pg_class ON oid = id"
        " CROSS JOIN aclexplode(coalesce(relacl, acldefault('r', relowner))) AS acl"
        " ORDER BY 1, 3, 4",
        [*timescale.HYPERTABLES, *summaries_of.TABLES],
    )


class Killed(Exception):
    pass


def kill_within(module: ModuleType, name: str, step: Callable[[], object]) -> None:
    """Have a step die where it calls that, if it does."""

    def die(*args: object, **options: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch, suppress(Killed, StopIteration):
        patch.setattr(module, name, die)
        step()


class Meanwhile:
    """What writers, correctors and packers do while readings are moved, always the same."""

    def __init__(self) -> None:
        self._random = Random(8)
        self._at = END - 11 * DAY - 4 * HOUR  # of a packed day, and with no pack from there on

    def happens(self) -> None:
        for one in self._random.sample(
            [self.comes_late, self.comes, self.is_corrected, self.is_deleted, self.is_packed], 3
        ):
            one()
        if self._random.random() < 0.3:
            roll_up()

    def comes_late(self) -> None:
        self._at += 7_000
        other = self._random.randrange(END - 11 * DAY, END)
        store_readings(
            [(SERIES[0], self._at, 0.5), (SERIES[1], other, 0.25), (SERIES[1], self._at, -0.0)],
            may_repeat=True,
        )
        write(
            store.Batch(
                texts=[(SERIES[2], self._at * 1_000, "late"), (SERIES[2], other * 1_000, "?")]
            )
        )

    def comes(self) -> None:
        self._at += 1_000
        store_readings([(SERIES[1], END - MINUTE - self._at % HOUR, 0.25)])

    def is_corrected(self) -> None:
        for series, at, value in self._some("reading"):
            with transaction.atomic(), connection.cursor() as cursor:
                store.begin(cursor)
                replace.exchange(cursor, series, {to_us(at): value}, {to_us(at): value + 1})

    def is_deleted(self) -> None:
        for table in ("reading", "late_reading", "late_text_reading"):
            for series, at, _ in self._some(table):
                rows(f"DELETE FROM {table} WHERE series_id = %s AND time = %s", series, at)
                minute = rollups.minute_of(at)
                rows(
                    "INSERT INTO rewritten_minute VALUES (%s, %s) ON CONFLICT DO NOTHING",
                    series,
                    minute,
                )
                rows("INSERT INTO dirty_minute VALUES (%s) ON CONFLICT DO NOTHING", minute)

    def is_packed(self) -> None:
        """What came late; as `packing._pack` does."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(load("packs")["only_move"])
            late = rows("DELETE FROM late_reading WHERE series_id = %s RETURNING *", SERIES[0])
            _, times, values = zip(*sorted(late), strict=True) if late else ([],) * 3
            columns = pack_rows.Columns(
                np.full(len(times), SERIES[0], np.int32),
                np.array([to_us(each) for each in times], np.int64),
                np.array(values, np.float64),
            )
            pack_rows.write_numbers(Inserting(cursor), columns, by_hour=False)

    def _some(self, table: str) -> list[tuple]:
        found = rows(f"SELECT * FROM {table} WHERE time >= %s", from_ms(END - 12 * DAY))
        days = {day for (day,) in rows("SELECT day FROM packed_day")} if table == "reading" else ()
        found = sorted(row for row in found if row[1].date() not in days)
        return self._random.sample(found, min(2, len(found)))


def run(*options: str) -> str:
    out = StringIO()
    call_command("timescale", *options, stdout=out)
    return out.getvalue()


def check_summaries() -> None:
    """They count what is stored, those of what is gone are as they were, and none is missing."""
    now = [{row[:2]: row[2:] for row in table} for table in summaries()]
    for table, width in zip(now, ("minute", "hour", "day"), strict=True):
        counted = rows(
            f"SELECT series_id, date_trunc('{width}', time, 'UTC'), count(*)::int, min(value),"
            " max(value) FROM reading GROUP BY 1, 2"
        )
        found = {key: (row[0], row[2], row[3]) for key, row in table.items()}
        gone = {key: row for key, row in found.items() if key[1] < from_ms(END - 14 * DAY)}
        assert list(gone.values()) == [(5, 1.0, 3.0)]
        assert found == {(row[0], row[1]): row[2:] for row in counted} | gone


def move_killed_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the end. What comes in between is of days that are copied, of one that is being copied,
    and of today."""
    monkeypatch.setattr(moving_notes, "BLOCKS_PER_PIECE", 1)
    monkeypatch.setattr(moving_notes, "BLOCKS_LEFT", 0)
    meanwhile, steps = Meanwhile(), 0
    while not moving.is_under_way() or next(moving.copy(), None) is not None:
        moving_begin.begin()
        steps += 1
        meanwhile.happens()
        kill_within(moving, "copy_summaries", lambda: next(moving.copy()))
    assert steps > 10
    for name in ("_take_turns", "_copy_again", "_piece", "count"):
        meanwhile.happens()
        steps += 1
        kill_within(moving_notes, name, lambda held=steps % 2: moving_notes._step(held))
    meanwhile.happens()
    assert moving_notes.count() > 0
    moving_notes.copy_all()
    assert moving_notes.count() == 0
    assert rows("SELECT * FROM pulseboard_move.reading ORDER BY 1, 2") == stored()[0]


def test_a_plain_store_is_moved_whole_whatever_happens_meanwhile(
    plain: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules_removed = from_ms((END - 13 * DAY) // DAY * DAY)
    rows("INSERT INTO series_retention (series_id, raw_floor) VALUES (701, %s)", rules_removed)
    give_by_hand()
    move_killed_everywhere(monkeypatch)
    assert not is_timescale()

    # Killed within the end: nothing of it holds.
    floor = moving_end._floor

    def die(*args, **options):
        floor(*args, **options)
        raise Killed

    before = stored()
    with monkeypatch.context() as patch:
        patch.setattr(moving_end, "_floor", die)
        with pytest.raises(Killed):
            run("--raise-floor")
    assert not is_timescale()
    assert stored() == before

    # One that came after all was copied, and a series that is deleted.
    store_readings([(SERIES[0], END - 3 * DAY + 3, 9.0)])
    Series.objects.filter(pk=SERIES[2]).delete()
    rows("DELETE FROM deleted_series")  # purged before the move ends
    rows("GRANT SELECT ON rollup_1d TO pg_monitor")  # since the copies were made
    before, window, rights = stored(), seen(), given()
    with pytest.raises(CommandError, match="--raise-floor"):
        run()
    assert not is_timescale()
    assert run("--raise-floor").splitlines()[-1].startswith("The readings are in hypertables")
    assert is_timescale()
    assert stored() == before
    assert given() == rights
    assert rows("SELECT series_id FROM deleted_series") == [(SERIES[2],)]
    assert not moving.is_under_way()
    assert any(chunks().values())
    assert "rollup_1m" not in connection.introspection.table_names()

    roll_up()
    check_summaries()
    assert seen() == window

    # It goes on as a TimescaleDB store does.
    store_readings([(SERIES[0], END + MINUTE, 1.0)])
    assert rollups.run(NOW + timedelta(minutes=5)) >= 1
    assert run() == "The readings are in hypertables.\n"


def test_a_step_is_narrower_only_while_that_pays() -> None:
    pace = moving.Pace()

    def hours(seconds_of_a_step: Callable[[float], float], steps: int) -> float:
        for _ in range(steps):
            pace.took(seconds_of_a_step(pace.width / timedelta(hours=1)), ended=False)
        return pace.width / timedelta(hours=1)

    assert hours(lambda width: width / 4, 1) == 3  # rows: half the time, half the work
    assert hours(lambda width: width / 4, 3) == 3
    assert hours(lambda width: 3 + width / 100, 6) == 3  # packs: each step opens all of the day
    pace.took(3.0, ended=True)
    assert hours(lambda width: width / 2, 3) == 1.5  # the next day is of rows again
    pace.too_long()
    assert pace.width == timedelta(minutes=11)


def test_what_was_copied_is_dropped_when_a_move_is_given_up(
    plain: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving_notes, "BLOCKS_LEFT", 0)
    rows("CREATE VIEW ours AS SELECT max(time) AS newest FROM reading")
    rows("GRANT SELECT (value) ON text_reading TO pg_monitor")
    named = "the rights on the column value of text_reading, the view ours"
    with pytest.raises(CommandError, match=rf"with the tables.*: {named}\. Drop it"):
        run()
    assert not moving.is_under_way()
    rows("DROP VIEW ours")
    rows("REVOKE SELECT (value) ON text_reading FROM pg_monitor")
    # A clock that was never set, late for a packed day: the days without anything are passed.
    rows("INSERT INTO late_reading VALUES (701, '1970-01-01 00:05Z', 7)")
    moving_begin.begin()
    copying = moving.copy()
    passed = [next(copying).done_until.year, next(copying).done_until.year]
    assert passed == [1970, 1970]  # it, and one that was found to be empty
    # Meanwhile of a day that is passed then, and of one that will be.
    rows("INSERT INTO late_reading VALUES (701, '1970-01-02 12:00Z', 8)")
    rows("INSERT INTO late_reading VALUES (702, '1987-06-05 12:00Z', 9)")
    passed = []
    for step in copying:
        passed.append(step.done_until)
        if len(passed) == 1:
            rows("INSERT INTO late_reading VALUES (703, '1999-06-05 12:00Z', 10)")
        if len(passed) == 2:
            rows("INSERT INTO late_reading VALUES (702, '1987-06-06 12:00Z', 11)")
    assert passed[:2] == [from_ms(0).replace(year=1987, month=6, day=day) for day in (6, 7)]
    assert passed[-1] == moving.fetch_edges(connection.cursor())[1]
    assert len(passed) < 40
    before = stored()
    assert rows("SELECT * FROM pulseboard_move.reading ORDER BY 1, 2") == before[0]
    assert moving.is_under_way()
    assert "stays plain" in run("--give-up")
    assert not moving.is_under_way()
    triggers = "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'move_notes%'"
    assert rows(triggers) == [(0,)]
    assert stored() == before
