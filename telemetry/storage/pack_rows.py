"""Packs and rows as Postgres sends them, as columns; and columns as packs for Postgres.

A statement that reads both selects one row: `rows`, all in one value, as columns in network order,
and `packs`, a list of `record_send` of each. A row each costs its reader ten times as much. One
statement is one snapshot: a reading that is just being packed is seen once.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any, LiteralString, NamedTuple

import numpy as np
from django.db.backends.utils import CursorWrapper
from numpy.typing import NDArray
from psycopg import Copy

from telemetry.moments import from_us
from telemetry.sql import load
from telemetry.storage import packs
from telemetry.storage.copy_binary import POSTGRES_EPOCH_US

_SQL = load("packs")
_ROW = np.dtype([("series_id", ">i4"), ("time", ">i8"), ("value", ">f8")])  # of `rows`
_SIZE = struct.Struct(">i")
_COLUMN = struct.Struct(">ii")  # of `record_send`: its type, its size
_ARRAY_HEAD = 20  # bytes: dimensions, flags, type, length, lower bound
# The columns of `reading_pack`, in order, and how each is sent: a number, bytes, or an array.
_FIELDS: dict[str, struct.Struct | np.dtype[Any] | None] = {
    "series_id": struct.Struct(">i"),
    "start": struct.Struct(">q"),
    "stop": struct.Struct(">q"),
    "count": struct.Struct(">i"),
    "last": struct.Struct(">d"),
    "unit": struct.Struct(">i"),
    "step": struct.Struct(">q"),
    "width": struct.Struct(">i"),
    "steps": None,
    "scale": struct.Struct(">d"),
    "base": struct.Struct(">q"),
    "delta": struct.Struct(">q"),
    "delta_width": struct.Struct(">i"),
    "deltas": None,
    "singles": np.dtype([("size", ">i4"), ("value", ">f4")]),
    "doubles": np.dtype([("size", ">i4"), ("value", ">f8")]),
}


_COPY = f"COPY reading_pack ({', '.join(_FIELDS)}) FROM STDIN"


class Columns(NamedTuple):
    """Readings in the order of series and time."""

    series_ids: NDArray[np.int32]
    times_us: NDArray[np.int64]
    values: NDArray[np.float64]


def read(cursor: CursorWrapper, query: LiteralString, asked: dict[str, Any]) -> tuple[Columns, int]:
    """What such a statement selects, and how many of it were rows."""
    # The driver's own cursor: with DEBUG Django's takes no parameters to COPY.
    with cursor.cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT BINARY)", asked) as copy:
        copy.set_types(["bytea", "bytea[]"])
        ((rows, packed),) = copy.rows()
    block = np.frombuffer(rows or b"", _ROW)
    found = [unpack(each) for each in packed or ()]
    found.append(
        Columns(
            block["series_id"].astype(np.int32),
            block["time"].astype(np.int64) + POSTGRES_EPOCH_US,
            block["value"].astype(np.float64),
        )
    )
    return _in_order(found), len(block)


def unpack(data: bytes) -> Columns:
    """The readings of a pack, of its `record_send`."""
    one = _record(data)
    clock = packs.Clock(one["unit"], one["step"], one["width"], one["steps"])
    times = packs.times_of(clock, one["start"] + POSTGRES_EPOCH_US, one["count"])
    numbers = packs.Numbers(*(one[name] for name in packs.Numbers._fields))
    values = packs.values_of(numbers, one["count"])
    return Columns(np.full(one["count"], one["series_id"], np.int32), times, values)


def count(data: bytes, start_us: int, stop_us: int) -> int:
    """How many readings of a pack, of its `record_send`, are in [start, stop)."""
    begin, end = np.searchsorted(unpack(data).times_us, (start_us, stop_us)).tolist()
    return int(end - begin)


def within(found: Columns, start_us: int, stop_us: int) -> Columns:
    """Those in [start, stop): packs reach out."""
    chosen = (found.times_us >= start_us) & (found.times_us < stop_us)
    if chosen.all():
        return found
    return Columns(found.series_ids[chosen], found.times_us[chosen], found.values[chosen])


def take_numbers(
    cursor: CursorWrapper, series: list[int], start: datetime, stop: datetime
) -> tuple[Columns, int]:
    """Delete the numbers of some series in [start, stop) from rows and packs, and of packs that
    reach in all; what they were, and how many were rows. The caller holds the packs."""
    within = {"series": series, "start": start, "stop": stop}
    return read(cursor, _SQL["take_numbers"], within)


def take_texts(
    cursor: CursorWrapper, series: list[int], start: datetime, stop: datetime
) -> list[tuple[int, int, str, bool]]:
    """The same of texts: series, Unix microseconds, text, whether it was a row."""
    cursor.execute(_SQL["take_texts"], {"series": series, "start": start, "stop": stop})
    return cursor.fetchall()


def write_numbers(cursor: CursorWrapper, found: Columns, *, by_hour: bool) -> None:
    """Write them as packs. They are of one day."""
    if not len(found.series_ids):
        return
    with cursor.copy(_COPY) as copy:
        for series_id, one in _by_series(found.series_ids):
            _write_part(copy, series_id, found.times_us[one], found.values[one], by_hour=by_hour)


def write_parts(cursor: CursorWrapper, given: Iterable[Columns]) -> None:
    """Write as packs what comes in the order of day, series and time, of which there may be only
    some hours of each: of as many in an hour as a dense day has, each hour has a pack."""
    with cursor.copy(_COPY) as copy:
        for found in given:
            hours = found.times_us // packs.HOUR_US
            apart = (np.diff(hours // 24) != 0) | (np.diff(found.series_ids) != 0)
            edges = [0, *(np.flatnonzero(apart) + 1).tolist(), len(hours)]
            for start, stop in pairwise(edges if len(hours) else ()):
                span = int(hours[stop - 1] - hours[start]) + 1
                _write_part(
                    copy, int(found.series_ids[start]), found.times_us[start:stop],
                    found.values[start:stop], by_hour=(stop - start) * 24 > packs.SPARSE * span,
                )  # fmt: skip


def _write_part(
    copy: Copy, series_id: int, times: NDArray[np.int64], values: NDArray[np.float64], *,
    by_hour: bool,
) -> None:  # fmt: skip
    """Of one series and day."""
    for cut in packs.cuts(times, packs.MAX_NUMBERS, by_hour=by_hour):
        clock, numbers = packs.clock_of(times[cut]), packs.numbers_of(values[cut])
        copy.write_row((*_head(series_id, times[cut], values[cut][-1].item()), *clock, *numbers))


def write_texts(
    cursor: CursorWrapper,
    series_ids: NDArray[np.int32],
    times_us: NDArray[np.int64],
    texts: list[str],
    *,
    by_hour: bool,
) -> None:
    """The same of texts, in the order of series and time."""
    if not texts:
        return
    with cursor.copy(
        "COPY text_pack (series_id, start, stop, count, last, unit, step, width, steps, words,"
        " places) FROM STDIN"
    ) as copy:
        for series_id, one in _by_series(series_ids):
            times, said = times_us[one], texts[one]
            for cut in packs.cuts(times, packs.MAX_TEXTS, by_hour=by_hour):
                head = _head(series_id, times[cut], said[cut][-1])
                copy.write_row((*head, *packs.clock_of(times[cut]), *packs.runs_of(said[cut])))


def _head(series_id: int, times_us: NDArray[np.int64], last: object) -> tuple[Any, ...]:
    start, stop = from_us(int(times_us[0])), from_us(int(times_us[-1]))
    return series_id, start, stop, len(times_us), last


def _by_series(series_ids: NDArray[np.int32]) -> Iterator[tuple[int, slice]]:
    """Each series and where its readings are."""
    edges = [0, *(np.flatnonzero(np.diff(series_ids)) + 1).tolist(), len(series_ids)]
    for start, stop in pairwise(edges):
        yield int(series_ids[start]), slice(start, stop)


def _in_order(found: list[Columns]) -> Columns:
    if len(found) == 1:
        series_ids, times, values = found[0]
    else:
        series_ids, times, values = (np.concatenate(each) for each in zip(*found, strict=True))
    steps = np.diff(series_ids)
    if not ((steps > 0) | ((steps == 0) & (np.diff(times) > 0))).all():
        order = np.lexsort((times, series_ids))
        series_ids, times, values = series_ids[order], times[order], values[order]
    return Columns(series_ids, times, values)


def _record(data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {}
    at = _SIZE.size  # the number of columns
    for name, kind in _FIELDS.items():
        _, size = _COLUMN.unpack_from(data, at)
        at += _COLUMN.size
        if size < 0:
            found[name] = None
            continue
        field = data[at : at + size]
        at += size
        if isinstance(kind, struct.Struct):
            (found[name],) = kind.unpack(field)
        elif kind is not None:
            found[name] = np.frombuffer(field, kind, offset=_ARRAY_HEAD)["value"]
        else:
            found[name] = field
    return found
