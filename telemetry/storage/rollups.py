"""Keep the one-minute, one-hour and one-day summaries equal to the readings they are made of.

Whoever writes readings adds, in the same transaction, one row to `rollup_dirty` for each minute it
touched. A run takes those rows, and computes the minutes again from the readings: late data and
redelivery need no special case, and a run twice gives the same.

Nothing is missed, because the list is append-only and the DELETE comes first. Each statement under
READ COMMITTED sees what was committed when it began. A dirty row the DELETE took was committed
before, so were the readings beside it, and the INSERT that follows began later: it sees them. A
writer that commits after the DELETE began has a row of its own, which the DELETE did not see and
which stands for the next run. With one row per minute and a unique key, that second writer would
instead wait for the run, or have its mark deleted with the first.

TimescaleDB's continuous aggregates are refreshed for the same minutes. A refresh cannot share a
transaction with the DELETE, so it comes first, and then go the marks that were seen before it: a
run that dies in between is done again.

A bucket is replaced only by one that counts at least as many readings: readings only ever leave by
retention, and a late one for a day whose others are gone must not replace the summary of them all.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db import connection, transaction

from telemetry.history import buckets
from telemetry.moments import from_ms, to_ms
from telemetry.sql import load
from telemetry.storage import timescale

MINUTES_PER_CHUNK = 120  # minutes of one transaction: bounds its time and its locks
MINUTES_PER_RUN = 1440  # minutes of one call: a day of backlog, then the caller breathes
LEVELS = (
    ("roll_up_minutes", "rollup_1m", buckets.MINUTE),
    ("roll_up_hours", "rollup_1h", buckets.HOUR),
    ("roll_up_days", "rollup_1d", buckets.DAY),
)
_LOCK_KEY = 0x50554C52  # advisory lock: one run at a time, or an older one could overwrite a newer

_SQL = load("rollups")


def run_once(now: datetime) -> int:
    """Roll up the dirty minutes that are over as of `now`; how many minutes were computed.

    0 also when another process is at it. The minute that still runs waits: its readings are read
    as they are, and computing it each time would be work for nothing.
    """
    closed = now.astimezone(UTC).replace(second=0, microsecond=0)
    run_chunk = _refresh_chunk if timescale.in_use() else _run_chunk
    done = 0
    while done < MINUTES_PER_RUN:
        minutes = run_chunk(closed)
        done += minutes
        if minutes < MINUTES_PER_CHUNK:
            break
    return done


def ranges(moments: Iterable[datetime], width_ms: int) -> list[tuple[datetime, datetime]]:
    """The buckets of a width that hold the moments, as the fewest [start, stop) ranges."""
    found: list[tuple[int, int]] = []
    for start in sorted({to_ms(moment) // width_ms * width_ms for moment in moments}):
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], start + width_ms)
        else:
            found.append((start, start + width_ms))
    return [(from_ms(start), from_ms(stop)) for start, stop in found]


def _run_chunk(closed: datetime) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SQL["take_turn"], {"key": _LOCK_KEY})
        if cursor.fetchone() != (True,):
            return 0
        cursor.execute(_SQL["take_dirty_minutes"], {"closed": closed, "limit": MINUTES_PER_CHUNK})
        minutes = {minute for (minute,) in cursor.fetchall()}
        for name, _, width in LEVELS:
            # One statement a range: the planner sees its edges, so it opens the right partitions.
            for start, stop in ranges(minutes, width):
                cursor.execute(_SQL[name], {"start": start, "stop": stop})
    return len(minutes)


def _refresh_chunk(closed: datetime) -> int:
    marks = timescale.list_marks(closed, MINUTES_PER_CHUNK)
    for _, rollup, width in LEVELS:
        for start, stop in ranges(marks.refreshable, width):
            timescale.refresh(rollup, start, stop)
    timescale.forget_marks(marks.ids)
    return len(marks.minutes)
