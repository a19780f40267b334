"""Readings of one series as columns, for what judges or computes many: numbers come at some
millions a second. Each read within `read_limit.limited`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from telemetry.history.read_limit import READ_LIMIT, TooSlow
from telemetry.moments import from_us
from telemetry.sql import load
from telemetry.storage import pack_rows
from telemetry.storage.copy_binary import POSTGRES_EPOCH_US

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
BLOCK = 2**21  # numbers of one statement: Postgres puts them into a value of 40 MiB

_SQL = load("history")


class Reduced(NamedTuple):
    """Buckets with numbers, in the order of series and time."""

    series_ids: NDArray[np.int64]
    starts_us: NDArray[np.int64]
    sums: NDArray[np.float64]
    counts: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def means(self) -> NDArray[np.float64]:
        """Divided here: Postgres raises an error where a mean is too small for a float. Clamped:
        rounding may put the mean of equal values beside them."""
        return np.minimum(np.maximum(self.sums / self.counts, self.low), self.high)

    def cut(self) -> Iterator[tuple[int, Reduced]]:
        """Each series, and its own buckets."""
        ids, begins = np.unique(self.series_ids, return_index=True)
        ends = np.append(begins, len(self.series_ids))[1:].tolist()
        for series_id, at, end in zip(ids.tolist(), begins.tolist(), ends, strict=True):
            yield series_id, Reduced._make(column[at:end] for column in self)


# All in one row, each column as one value in network order: row by row, the client alone takes four
# microseconds each.
_COLUMNS = {
    "series_id": ("int4send", ">i4"),
    "time": ("timestamptz_send", ">i8"),
    "sum": ("float8send", ">f8"),
    "count": ("int8send", ">i8"),
    "min": ("float8send", ">f8"),
    "max": ("float8send", ">f8"),
}
_AGGREGATED = ", ".join(
    f"string_agg({send}({name}), ''::bytea)" for name, (send, _) in _COLUMNS.items()
)


class Minutes(NamedTuple):
    """The minutes in which a series has numbers, oldest first."""

    starts_us: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    readings: NDArray[np.int64]  # how many


def numbers(
    series_id: int, start_us: int, stop_us: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Times in Unix microseconds and values in [start, stop), oldest first. Raises `TooSlow`."""
    until = time.monotonic() + READ_LIMIT / 1000
    times, values = [], []
    begin_us = start_us
    while True:
        some, theirs = number_block(series_id, begin_us, stop_us, BLOCK)
        times.append(some)
        values.append(theirs)
        if len(some) < BLOCK:
            return np.concatenate(times), np.concatenate(values)
        if time.monotonic() > until:
            raise TooSlow
        begin_us = int(some[-1]) + 1


def number_block(
    series_id: int, start_us: int, stop_us: int, limit: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The oldest of them, at most `limit`."""
    asked = {**_within(start_us, stop_us), "series_id": series_id, "limit": limit}
    with connection.cursor() as cursor:
        found, _ = pack_rows.read(cursor, _SQL["fetch_number_block"], asked)
    found = pack_rows.within(found, start_us, stop_us)
    return found.times_us[:limit], found.values[:limit]


def of_many(series_ids: Sequence[int], start_us: int, stop_us: int) -> pack_rows.Columns:
    """The same of several series, which have few numbers there; in the order of series and time."""
    asked = {**_within(start_us, stop_us), "series": list(series_ids)}
    with connection.cursor() as cursor:
        found, _ = pack_rows.read(cursor, _SQL["fetch_numbers_of_many"], asked)
    return pack_rows.within(found, start_us, stop_us)


def words(
    series_id: int, start_us: int, stop_us: int, limit: int
) -> tuple[NDArray[np.int64], list[float | str]]:
    """The same of what a series said, words and numbers mixed; at most `limit`, the oldest."""
    within = {**_within(start_us, stop_us), "series_id": series_id, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_SQL["fetch_words"], within)
        rows = cursor.fetchall()
    times = np.array([us for us, _, _ in rows], dtype=np.int64)
    return times, [number if text is None else text for _, number, text in rows]


def minutes(series_id: int, start_us: int, stop_us: int) -> Minutes:
    """[start, stop) are edges of minutes."""
    found = reduced("1m", [series_id], start_us, stop_us, MINUTE_US)
    return Minutes(found.starts_us, found.low, found.high, found.counts)


def heard(series_ids: Sequence[int], start_us: int, stop_us: int) -> NDArray[np.int64]:
    """When numbers or texts came of any of these series in [start, stop), oldest first."""
    within = {**_within(start_us, stop_us), "series": list(series_ids)}
    with connection.cursor() as cursor:
        cursor.execute(_SQL["fetch_heard"], within)
        return np.array([us for (us,) in cursor.fetchall()], dtype=np.int64)


def heard_minutes(series_ids: Sequence[int], start_us: int, stop_us: int) -> Minutes:
    """The minutes in which anything came of any of these; values count as 0. [start, stop) are
    edges of minutes."""
    count: dict[int, int] = {}
    found = reduced("1m", series_ids, start_us, stop_us, MINUTE_US)
    within = {**_within(start_us, stop_us), "series": list(series_ids)}
    with connection.cursor() as cursor:
        cursor.execute(_SQL["count_text_minutes"], within)
        texts = cursor.fetchall()
    numbers = zip(found.starts_us.tolist(), found.counts.tolist(), strict=True)
    for us, many in [*numbers, *texts]:
        count[us] = count.get(us, 0) + many
    starts = np.array(sorted(count), dtype=np.int64)
    nothing = np.zeros(len(starts))
    return Minutes(starts, nothing, nothing, np.array([count[us] for us in starts.tolist()], int))


def hourly_means(series_id: int, start_us: int, stop_us: int) -> dict[int, float]:
    """By the start of each hour in which the series has numbers; [start, stop) are edges of
    hours."""
    found = reduced("1h", [series_id], start_us, stop_us, HOUR_US)
    return dict(zip(found.starts_us.tolist(), found.means().tolist(), strict=True))


def means(series_ids: Sequence[int], start_us: int, stop_us: int) -> dict[int, float]:
    """Of each series that has numbers in [start, stop), which are edges of hours."""
    found = reduced("1h", series_ids, start_us, stop_us, stop_us - start_us)
    return {one: float(of.sums.sum() / of.counts.sum()) for one, of in found.cut()}


def extremes(
    series_ids: Sequence[int], start_us: int, stop_us: int
) -> dict[int, tuple[float, float]]:
    """The least and the greatest number of each series that has some in [start, stop), which are
    edges of hours."""
    found = reduced("1h", series_ids, start_us, stop_us, stop_us - start_us)
    return {one: (float(of.low.min()), float(of.high.max())) for one, of in found.cut()}


def reduced(
    level: str, series_ids: Sequence[int], start_us: int, stop_us: int, width_us: int
) -> Reduced:
    """Buckets of a width from the summaries of a level, `1m`, `1h` or `1d`, and from what is in
    none of them yet. [start, stop) are edges of the level."""
    block = _SQL[f"reduce_from_{level}"]
    selected = f"SELECT {_AGGREGATED} FROM ({block}) AS reduced"  # noqa: S608 (ours)
    statement = f"COPY ({selected}) TO STDOUT (FORMAT BINARY)"
    width = timedelta(microseconds=width_us)
    within = {**_within(start_us, stop_us), "series": list(series_ids), "width": width}
    # The driver's own cursor: with DEBUG Django's takes no parameters to COPY.
    with connection.cursor() as cursor, cursor.cursor.copy(statement, within) as copy:
        copy.set_types(["bytea"] * len(_COLUMNS))
        (sent,) = copy.rows()
    ids, times, *rest = (
        np.frombuffer(data or b"", kind)
        for data, (_, kind) in zip(sent, _COLUMNS.values(), strict=True)
    )
    order = np.lexsort((times, ids))
    ids, times, sums, counts, low, high = (
        column[order].astype(column.dtype.newbyteorder("=")) for column in (ids, times, *rest)
    )
    found = Reduced(ids, times + POSTGRES_EPOCH_US, sums, counts, low, high)
    starts = np.append(True, (np.diff(ids) != 0) | (np.diff(times) != 0))[: len(ids)]
    return found if starts.all() else _added_up(found, np.flatnonzero(starts))


def _added_up(pieces: Reduced, begins: NDArray[np.intp]) -> Reduced:
    """Each bucket of the pieces from here to the next begin."""
    return Reduced(
        pieces.series_ids[begins],
        pieces.starts_us[begins],
        np.add.reduceat(pieces.sums, begins),
        np.add.reduceat(pieces.counts, begins),
        np.minimum.reduceat(pieces.low, begins),
        np.maximum.reduceat(pieces.high, begins),
    )


def _within(start_us: int, stop_us: int) -> dict[str, Any]:
    return {"start": from_us(start_us), "stop": from_us(stop_us)}
