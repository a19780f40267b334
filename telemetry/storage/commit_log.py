"""One durable log of commits: which series got readings, and of which minutes.

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

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from telemetry.moments import from_us
from telemetry.sql import load

ROLLUPS = "rollups"  # the reader
MINUTE_US = 60_000_000

_SQL = load("commit_log")


class Commit(NamedTuple):
    """What one transaction wrote. Spans are [start, stop) of whole minutes, the oldest first."""

    series: list[int]
    spans: list[tuple[datetime, datetime]]


def note(cursor: CursorWrapper, series: list[int], spans: list[tuple[int, int]]) -> None:
    """Log readings in the transaction that writes them: spans are [start, stop) in Unix minutes."""
    # As literals: to make them of arrays would cost the server more than the row itself.
    ranges = ",".join(f"[{_minute(start)},{_minute(stop)})" for start, stop in spans)
    ids = str(series)[1:-1]
    cursor.execute(_SQL["note_commit"], {"series_ids": f"{{{ids}}}", "spans": f"{{{ranges}}}"})


@contextmanager
def reading(reader: str, limit: int) -> Iterator[list[Commit]]:
    """The next commits of a reader, which count as read when the block ends well.

    What the block writes is of the same transaction, so each commit is worked in exactly once.
    Empty when there is none, and while another process reads under the same name.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SQL["lock_cursor"], {"reader": reader})
        place = cursor.fetchone()
        if place is None:
            yield []
            return
        xid, seq, same_server = place
        if not same_server:
            cursor.execute(_SQL["restamp_commits"])
            cursor.execute(_SQL["restart_cursors"])
            yield []
            return
        cursor.execute(_SQL["list_commits"], {"xid": xid, "seq": seq, "limit": limit})
        rows = cursor.fetchall()
        yield [Commit(series, _pairs(spans)) for _, _, series, spans in rows]
        if rows:
            xid, seq, *_ = rows[-1]
            cursor.execute(_SQL["move_cursor"], {"reader": reader, "xid": xid, "seq": seq})


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


def _pairs(spans: Any) -> list[tuple[datetime, datetime]]:
    return [(span.lower, span.upper) for span in spans]


def _minute(number: int) -> str:
    return from_us(number * MINUTE_US).isoformat()
