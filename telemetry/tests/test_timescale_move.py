"""A plain store is moved into hypertables: killed anywhere, beside writers, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from importlib import import_module
from io import StringIO
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from access.scope import EVERYTHING
from telemetry.history import reader
from telemetry.models import Series
from telemetry.moments import from_ms, to_us
from telemetry.storage import (
    backend,
    moving,
    moving_begin,
    moving_end,
    pack_rows,
    partitions,
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


def run(*options: str) -> str:
    out = StringIO()
    call_command("timescale", *options, stdout=out)
    return out.getvalue()


def check_summaries(was: list[list[tuple]]) -> None:
    """They count what is stored, those of what is gone are as they were, and none is missing."""
    now = [{row[:2]: row[2:] for row in table} for table in summaries()]
    for old, new in zip(was, now, strict=True):
        assert {row[:2] for row in old} <= set(new)
    for table, width in zip(now, ("minute", "hour", "day"), strict=True):
        counted = rows(
            f"SELECT series_id, date_trunc('{width}', time, 'UTC'), count(*)::int, min(value),"
            " max(value) FROM reading GROUP BY 1, 2"
        )
        found = {key: (row[0], row[2], row[3]) for key, row in table.items()}
        gone = {key: row for key, row in found.items() if key[1] < from_ms(END - 14 * DAY)}
        assert list(gone.values()) == [(5, 1.0, 3.0)]
        assert found == {(row[0], row[1]): row[2:] for row in counted} | gone


def test_a_plain_store_is_moved_whole_whatever_happens_meanwhile(
    plain: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    was = summaries()
    rules_removed = from_ms((END - 13 * DAY) // DAY * DAY)
    rows("INSERT INTO series_retention (series_id, raw_floor) VALUES (701, %s)", rules_removed)
    give_by_hand()
    # Killed after every step; what comes in between is of days that are copied, and of today.
    late, steps = [], 0
    while not moving.is_under_way() or next(moving.copy(), None) is not None:
        moving_begin.begin()
        steps += 1
        if steps % 4 == 0:
            at = END - 11 * DAY + steps * 1_000 + 7
            late += [(SERIES[0], at, 0.5), (SERIES[1], END - HOUR + at % HOUR, 0.25)]
            store_readings(late[-2:])
            roll_up()
    assert steps > 10
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
    assert rows("SELECT count(*) FROM commit_cursor WHERE reader = 'timescale'") == [(0,)]
    assert any(chunks().values())
    assert "rollup_1m" not in connection.introspection.table_names()

    roll_up()
    check_summaries(was)
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


def test_what_was_copied_is_dropped_when_a_move_is_given_up(plain: None) -> None:
    rows("CREATE VIEW ours AS SELECT max(time) AS newest FROM reading")
    rows("GRANT SELECT (value) ON text_reading TO pg_monitor")
    named = "the rights on the column value of text_reading, the view ours"
    with pytest.raises(CommandError, match=rf"with the tables.*: {named}\. Drop it"):
        run()
    # Nothing of the beginning is left; the log would be kept for a reader that never comes.
    assert rows("SELECT count(*) FROM commit_cursor WHERE reader = 'timescale'") == [(0,)]
    assert not moving.is_under_way()
    rows("DROP VIEW ours")
    rows("REVOKE SELECT (value) ON text_reading FROM pg_monitor")
    before = stored()
    moving_begin.begin()
    next(moving.copy())
    assert moving.is_under_way()
    assert "stays plain" in run("--give-up")
    assert not moving.is_under_way()
    assert rows("SELECT count(*) FROM commit_cursor WHERE reader = 'timescale'") == [(0,)]
    assert stored() == before
