"""Ranges of series that operators deleted or replaced: no reading comes into them any more.

What was deleted as wrong may be sent again: by a device that has it stored, out of a spool, out of
quarantine. Each writer has the ranges in memory, so a batch is checked without asking anybody. That
it has the newest is made sure of by two things: a correction waits for the batches that are being
stored and lets none begin (`LOCK_KEY`), and it changes a mark, which a batch is given back with its
row in the commit log. docs/decisions/0036-corrections.md.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.backends.utils import CursorWrapper
from numpy.typing import NDArray

from telemetry.sql import load

LOCK_KEY = 0x50554C54  # advisory lock: shared by batches, held alone by a correction
CORRECTION_TIMEOUT = "30s"  # of one statement: batches wait for it
NEVER = UUID(int=0)  # the mark of a database where nothing was corrected yet

_SQL = load("closed")


class Closed(NamedTuple):
    """What is closed as of a mark."""

    mark: UUID = NEVER
    series_ids: NDArray[np.int64] = np.empty(0, np.int64)  # ascending
    ranges: dict[int, NDArray[np.int64]] = {}  # by series: [start, stop), one a row, Unix us

    def rows(self, series_ids: NDArray[Any], times_us: NDArray[Any]) -> NDArray[np.bool_]:
        """Of each reading whether its place is closed."""
        found = np.zeros(len(series_ids), dtype=bool)
        if not len(self.series_ids) or not len(series_ids):
            return found
        for row in np.flatnonzero(np.isin(series_ids, self.series_ids)).tolist():
            ranges = self.ranges[int(series_ids[row])]
            at = int(times_us[row])
            found[row] = bool(((ranges[:, 0] <= at) & (at < ranges[:, 1])).any())
        return found


_latest = Closed()


def latest() -> Closed:
    """As this process learned it last."""
    return _latest


def learn() -> Closed:
    """Ask the database. Raises what it raises."""
    global _latest  # noqa: PLW0603 (one for all threads: each replaces the whole)
    ranges: dict[int, list[tuple[int, int]]] = defaultdict(list)
    mark = NEVER
    with connection.cursor() as cursor:
        cursor.execute(_SQL["list_closed"])
        for mark, series_id, start, stop in cursor.fetchall():  # noqa: B007
            if series_id is not None:
                ranges[series_id].append((start, stop))
    arrays = {series_id: np.array(of, np.int64) for series_id, of in ranges.items()}
    _latest = Closed(mark, np.array(sorted(arrays), np.int64), arrays)
    return _latest


def mark(cursor: CursorWrapper) -> UUID:
    """The mark of the corrections as of now."""
    cursor.execute(_SQL["fetch_mark"])
    found: UUID = cursor.fetchone()[0]
    return found


def closed_rows(series_ids: NDArray[Any], times_us: NDArray[Any]) -> NDArray[np.bool_]:
    """For who writes many readings in a transaction of their own: of each whether its place is
    closed. Call it after `begin_batch` of that transaction."""
    with connection.cursor() as cursor:
        stale = mark(cursor) != _latest.mark
    return (learn() if stale else _latest).rows(series_ids, times_us)


def begin_correction(cursor: CursorWrapper) -> None:
    """Nothing is stored until this transaction ends, and then by what it says is closed."""
    cursor.execute(_SQL["begin_correction"], {"timeout": CORRECTION_TIMEOUT, "key": LOCK_KEY})
    cursor.execute(_SQL["change_mark"])
