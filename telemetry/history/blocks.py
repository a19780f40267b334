"""Readings of many series in blocks: flat memory for any number of rows.

Each block is a statement of its own that goes on behind the last row. Nothing is held open between
two blocks: a reader who is slow for hours keeps no snapshot and no lock, and a row that comes late
behind the place reached is in a later block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from telemetry.history import columns
from telemetry.history.read_limit import limited
from telemetry.moments import from_us
from telemetry.sql import load

ROWS = 65_536  # of a block: about a mebibyte of numbers

Place = tuple[int, int]  # the series and the Unix microseconds of the last row read

_SQL = load("history")


class Block(NamedTuple):
    """Numbers, by series in the order they were asked for, then by time."""

    series_ids: NDArray[np.int32]
    times_us: NDArray[np.int64]
    values: NDArray[np.float64]


class TextBlock(NamedTuple):
    """The same of texts."""

    series_ids: NDArray[np.int32]
    times_us: NDArray[np.int64]
    values: list[str]


_Values = TypeVar("_Values", NDArray[np.float64], list[str])
_Run = tuple[int, NDArray[np.int64], _Values]  # rows of one series
_Fetch = Callable[[int, int, int, int], tuple[NDArray[np.int64], _Values]]


def read(
    series_ids: Sequence[int],
    start_us: int,
    stop_us: int,
    *,
    after: Place | None = None,
    rows: int = ROWS,
) -> Iterator[Block]:
    """The numbers of [start, stop), at most `rows` in a block; optionally only those after a place.
    No block is empty. Raises `TooSlow`, and `ValueError` for a place in none of the series."""
    for runs in _runs(_fetch_numbers, series_ids, start_us, stop_us, after, rows):
        values = [values for _, _, values in runs]
        yield Block(*_places(runs), np.concatenate(values))


def texts(
    series_ids: Sequence[int],
    start_us: int,
    stop_us: int,
    *,
    after: Place | None = None,
    rows: int = ROWS,
) -> Iterator[TextBlock]:
    """The same of texts."""
    for runs in _runs(_fetch_texts, series_ids, start_us, stop_us, after, rows):
        yield TextBlock(*_places(runs), [text for _, _, values in runs for text in values])


def _runs(
    fetch: _Fetch[_Values],
    series_ids: Sequence[int],
    start_us: int,
    stop_us: int,
    after: Place | None,
    rows: int,
) -> Iterator[list[_Run[_Values]]]:
    runs: list[_Run[_Values]] = []
    room = rows
    for series_id, first_us in _left(series_ids, start_us, after):
        begin_us = first_us
        while True:
            times, values = fetch(series_id, begin_us, stop_us, room)
            if len(times):
                runs.append((series_id, times, values))
            room -= len(times)
            if room:
                break  # it has no more
            yield runs
            runs, room, begin_us = [], rows, int(times[-1]) + 1
    if runs:
        yield runs


def _left(
    series_ids: Sequence[int], start_us: int, after: Place | None
) -> Iterator[tuple[int, int]]:
    """What is still to be read: each series and from when."""
    ids = list(dict.fromkeys(series_ids))
    begin_us = start_us
    if after is not None:
        reached, us = after
        ids = ids[ids.index(reached) :]
        begin_us = max(start_us, us + 1)
    for place, series_id in enumerate(ids):
        yield series_id, start_us if place else begin_us


def _places(runs: list[_Run[_Values]]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    ids = np.array([series_id for series_id, _, _ in runs], np.int32)
    times = [times for _, times, _ in runs]
    return np.repeat(ids, [len(each) for each in times]), np.concatenate(times)


def _fetch_numbers(
    series_id: int, start_us: int, stop_us: int, limit: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    with limited():
        return columns.number_block(series_id, start_us, stop_us, limit)


def _fetch_texts(
    series_id: int, start_us: int, stop_us: int, limit: int
) -> tuple[NDArray[np.int64], list[str]]:
    within = {"start": from_us(start_us), "stop": from_us(stop_us)}
    with limited(), connection.cursor() as cursor:
        cursor.execute(_SQL["fetch_text_block"], {**within, "series_id": series_id, "limit": limit})
        rows = cursor.fetchall()
    return np.array([us for us, _ in rows], np.int64), [text for _, text in rows]
