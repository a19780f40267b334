"""Readings of one series as columns, for what judges or computes many: numbers come at some
millions a second. Each read within `read_limit.limited`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from telemetry.history.read_limit import READ_LIMIT, TooSlow
from telemetry.moments import from_us
from telemetry.sql import load
from telemetry.storage import pack_rows

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
BLOCK = 2**21  # numbers of one statement: Postgres puts them into a value of 40 MiB

_SQL = load("history")


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
    rows = _reduced("reduce_from_1m", [series_id], start_us, stop_us, MINUTE_US)
    found = np.array([(us, low, high, count) for _, us, _, count, low, high in rows], dtype=object)
    if not len(rows):
        found = np.empty((0, 4), dtype=object)
    return Minutes(
        found[:, 0].astype(np.int64),
        found[:, 1].astype(np.float64),
        found[:, 2].astype(np.float64),
        found[:, 3].astype(np.int64),
    )


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
    rows = _reduced("reduce_from_1m", list(series_ids), start_us, stop_us, MINUTE_US)
    within = {**_within(start_us, stop_us), "series": list(series_ids)}
    with connection.cursor() as cursor:
        cursor.execute(_SQL["count_text_minutes"], within)
        texts = cursor.fetchall()
    for us, many in [*((row[1], row[3]) for row in rows), *texts]:
        count[us] = count.get(us, 0) + many
    starts = np.array(sorted(count), dtype=np.int64)
    nothing = np.zeros(len(starts))
    return Minutes(starts, nothing, nothing, np.array([count[us] for us in starts.tolist()], int))


def hourly_means(series_id: int, start_us: int, stop_us: int) -> dict[int, float]:
    """By the start of each hour in which the series has numbers; [start, stop) are edges of
    hours."""
    rows = _reduced("reduce_from_1h", [series_id], start_us, stop_us, HOUR_US)
    return {us: min(max(total / count, low), high) for _, us, total, count, low, high in rows}


def means(series_ids: Sequence[int], start_us: int, stop_us: int) -> dict[int, float]:
    """Of each series that has numbers in [start, stop), which are edges of hours."""
    sums: dict[int, tuple[float, int]] = {}
    rows = _reduced("reduce_from_1h", list(series_ids), start_us, stop_us, stop_us - start_us)
    for series_id, _, total, count, _, _ in rows:
        before, many = sums.get(series_id, (0.0, 0))
        sums[series_id] = (before + total, many + count)
    return {series_id: total / count for series_id, (total, count) in sums.items()}


def extremes(
    series_ids: Sequence[int], start_us: int, stop_us: int
) -> dict[int, tuple[float, float]]:
    """The least and the greatest number of each series that has some in [start, stop), which are
    edges of hours."""
    found: dict[int, tuple[float, float]] = {}
    rows = _reduced("reduce_from_1h", list(series_ids), start_us, stop_us, stop_us - start_us)
    for series_id, _, _, _, low, high in rows:
        least, most = found.get(series_id, (low, high))
        found[series_id] = (min(least, low), max(most, high))
    return found


def _reduced(
    name: str, ids: list[int], start_us: int, stop_us: int, width_us: int
) -> list[tuple[int, int, float, int, float, float]]:
    width = timedelta(microseconds=width_us)
    within = {**_within(start_us, stop_us), "series": ids, "width": width}
    with connection.cursor() as cursor:
        cursor.execute(_SQL[name], within)
        rows: list[tuple[int, int, float, int, float, float]] = cursor.fetchall()
    return rows


def _within(start_us: int, stop_us: int) -> dict[str, Any]:
    return {"start": from_us(start_us), "stop": from_us(stop_us)}
