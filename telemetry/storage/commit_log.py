"""One durable log of commits: which series got readings, and of which times.

`note` belongs to the transaction that writes the readings; `reading` gives each of its readers
every commit once, in the order of transaction ids. Numbers of a sequence become visible out of
order, and so do transaction ids: a reader stops before the oldest transaction that still runs, so
nothing can appear behind it. docs/decisions/0013-commit-log.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from numpy.typing import NDArray

from telemetry.moments import from_us
from telemetry.sql import load

ROLLUPS = "rollups"  # the reader
MINUTE_US = 60_000_000
LOW_HALF = 0xFFFF_FFFF  # of a transaction id, which is what rows have of it

_SQL = load("commit_log")


class Commit(NamedTuple):
    """What one transaction wrote. Ranges, the lowest first, apart from each other."""

    series: list[tuple[int, int]]  # ids, [first, stop)
    # From the first reading to the last one, both included, of minutes that follow each other: a
    # batch that brings an old reading as well does not say that all between had some.
    spans: list[tuple[datetime, datetime]]
    at: datetime  # when it was written, by the database's clock
    is_imported: bool = False  # from a file: it is history, whatever its times
    # Of the transaction, as the rows it wrote have it (`xmin`); None: of several (`commit_merge`).
    xid: int | None = None


class Commits(list[Commit]):
    """Some of the log, in order."""

    more = False  # others are behind them already


def note(
    cursor: CursorWrapper,
    series_ids: NDArray[np.int32],
    times_us: NDArray[np.int64],
    *,
    is_imported: bool = False,
) -> UUID:
    """Log readings, given as columns, in the transaction that writes them; the mark of the
    corrections as of then (`telemetry.storage.closed`)."""
    # As a literal: to make it of an array would cost the server more than the row itself.
    said = ",".join(
        f"[{from_us(start).isoformat()},{from_us(end).isoformat()}]"
        for start, end in spans(times_us)
    )
    # In network order, which SQL and a dump can read as well.
    ids = ranges(series_ids).astype(">i4").tobytes()
    cursor.execute(
        _SQL["note_commit"],
        {"series_ids": ids, "spans": f"{{{said}}}", "imported": is_imported},
    )
    mark: UUID = cursor.fetchone()[0]
    return mark


def spans(times_us: NDArray[np.int64]) -> list[tuple[int, int]]:
    """The first and last of these times, apart where a whole minute between has none."""
    first, last = int(times_us.min()), int(times_us.max())
    # As a rule it is one minute or two; to look at each reading would cost more than the row.
    if last // MINUTE_US - first // MINUTE_US <= 1:
        return [(first, last)]
    found = np.sort(times_us)
    ends = np.flatnonzero(np.diff(found // MINUTE_US) > 1)
    starts = np.concatenate((found[:1], found[ends + 1])).tolist()
    return list(zip(starts, np.concatenate((found[ends], found[-1:])).tolist(), strict=True))


def ranges(numbers: NDArray[Any]) -> NDArray[Any]:
    """The ranges [start, stop) that hold exactly these whole numbers, one a row."""
    found = np.sort(numbers)
    ends = np.flatnonzero(np.diff(found) > 1)
    starts = np.concatenate((found[:1], found[ends + 1]))
    stops = np.concatenate((found[ends], found[-1:])) + 1
    return np.stack((starts, stops), axis=1)


@contextmanager
def reading(reader: str, limit: int) -> Iterator[Commits]:
    """The next commits of a reader, which count as read when the block ends well.

    What the block writes is of the same transaction, so each commit is worked in exactly once.
    Empty when there is none, and while another process reads under the same name. A row that many
    commits were merged into (`commit_merge`) counts as all of them.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SQL["lock_cursor"], {"reader": reader})
        place = cursor.fetchone()
        if place is None:
            yield Commits()
            return
        xid, seq, same_server = place
        if not same_server:
            cursor.execute(_SQL["restamp_commits"])
            cursor.execute(_SQL["restart_cursors"])
            yield Commits()
            return
        cursor.execute(_SQL["list_commits"], {"xid": xid, "seq": seq, "limit": limit})
        found = cursor.fetchall()
        rows = _first(found, limit)
        commits = Commits(_commit(*row) for row in rows)
        commits.more = len(found) == limit or len(rows) < len(found)
        yield commits
        if rows:
            xid, seq, *_ = rows[-1]
            cursor.execute(_SQL["move_cursor"], {"reader": reader, "xid": xid, "seq": seq})


def add_reader(name: str) -> None:
    """Make a reader, unless it is there. What was committed before is not for it."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["add_reader"], {"reader": name})


def drop_reader(reader: str) -> None:
    """It reads no more; the log does not wait for it any longer."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["drop_reader"], {"reader": reader})


def forget() -> int:
    """Delete what every reader has read; how many commits."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["forget_commits"])
        return int(cursor.rowcount)


def backlog(reader: str) -> tuple[int, float]:
    """How many commits a reader has not read yet, and the seconds since the oldest of them."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["measure_backlog"], {"reader": reader})
        commits, seconds = cursor.fetchone()
    return int(commits), float(seconds)


def _first(rows: list[Any], limit: int) -> list[Any]:
    """Those that stand for at most so many commits, or the first."""
    taken = np.cumsum([row[5] for row in rows])
    return rows[: max(1, int(np.searchsorted(taken, limit, side="right")))]


def _commit(
    xid: str, _seq: int, series: Any, spans: Any, at: datetime, commits: int, is_imported: bool
) -> Commit:
    one = int(xid) & LOW_HALF if commits == 1 else None
    return Commit(_ids(series), _pairs(spans), at, is_imported, one)


def _ids(series: Any) -> list[tuple[int, int]]:
    return [(start, stop) for start, stop in np.frombuffer(series, ">i4").reshape(-1, 2).tolist()]


def _pairs(spans: Any) -> list[tuple[datetime, datetime]]:
    return [(span.lower, span.upper) for span in spans]
