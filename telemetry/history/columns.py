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
QUARTER_US = 6 * HOUR_US  # of a day
BLOCK = 2**21  # numbers of one statement: Postgres puts them into a value of 40 MiB
NEAR = 512  # packs among which those of a block are looked for first: three weeks by the hour

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


# In network order, all of a series in one value: row by row, the client alone takes four
# microseconds each.
_PIECES, _PACKED = (
    np.dtype([("time", ">i8"), ("sum", ">f8"), ("count", count), ("low", ">f8"), ("high", ">f8")])
    for count in (">i8", ">i4")
)
# The same columns in the machine's own order.
_NATIVE = {name: _PIECES[name].newbyteorder("=") for name in _PIECES.names or ()}


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
    asked = {**_within(start_us, stop_us), "series_id": series_id, "limit": limit, "near": NEAR}
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
    statement = f"COPY ({_SQL[f'reduce_from_{level}']}) TO STDOUT (FORMAT BINARY)"
    width = timedelta(microseconds=width_us)
    # A sixth as many pieces, where quarters of days fill the buckets.
    coarse = level == "1h" and not any(us % QUARTER_US for us in (start_us, stop_us, width_us))
    asked = {**_within(start_us, stop_us), "width": width, "quarters": coarse}
    asked["series"] = sorted(set(series_ids))
    # The driver's own cursor: with DEBUG Django's takes no parameters to COPY.
    with connection.cursor() as cursor, cursor.cursor.copy(statement, asked) as copy:
        copy.set_types(["int4", "bytea", "bytea"])
        rows = list(copy.rows())
    found = [
        (row[0], block)
        for row in rows
        for block in _blocks(row, start_us, stop_us, in_quarters=coarse)
    ]
    ids = np.array([series_id for series_id, _ in found], np.int64)
    times, sums, counts, low, high = (
        np.concatenate([block[name].astype(kind) for _, block in found] or [np.empty(0, kind)])
        for name, kind in _NATIVE.items()
    )
    starts = (times + POSTGRES_EPOCH_US) // width_us * width_us
    many = np.array([len(block) for _, block in found], np.int64)
    return _added_up(Reduced(np.repeat(ids, many), starts, sums, counts, low, high))


def _blocks(
    row: tuple[int, bytes | None, bytes | None], start_us: int, stop_us: int, *, in_quarters: bool
) -> Iterator[NDArray[Any]]:
    """What was sent of one series. Packs, which are in order, reach out of the window."""
    _, packed, pieces = row
    if packed:
        block = np.frombuffer(packed, _PIECES if in_quarters else _PACKED)
        edges = start_us - POSTGRES_EPOCH_US, stop_us - POSTGRES_EPOCH_US
        if block["time"][0] < edges[0] or block["time"][-1] >= edges[1]:
            begin, end = np.searchsorted(block["time"], edges).tolist()
            block = block[begin:end]
        yield block
    if pieces:
        yield np.frombuffer(pieces, _PIECES)


def _added_up(pieces: Reduced) -> Reduced:
    """Of each series and start one bucket, in this order."""
    ids, times = pieces.series_ids, pieces.starts_us
    others = np.diff(ids)
    if ((others < 0) | ((others == 0) & (np.diff(times) < 0))).any():
        order = np.lexsort((times, ids))
        pieces = Reduced._make(column[order] for column in pieces)
        ids, times = pieces.series_ids, pieces.starts_us
        others = np.diff(ids)
    begins = np.flatnonzero(np.append(True, (others != 0) | (np.diff(times) != 0))[: len(ids)])
    if len(begins) == len(ids):
        return pieces
    return Reduced(
        ids[begins],
        times[begins],
        np.add.reduceat(pieces.sums, begins),
        np.add.reduceat(pieces.counts, begins),
        np.minimum.reduceat(pieces.low, begins),
        np.maximum.reduceat(pieces.high, begins),
    )


def _within(start_us: int, stop_us: int) -> dict[str, Any]:
    return {"start": from_us(start_us), "stop": from_us(stop_us)}
