"""Keep the one-minute, one-hour and one-day summaries equal to the readings they are made of.

A run takes from the commit log which minutes got readings, and computes those again: late data and
redelivery need no special case, and a run twice gives the same. The list of such minutes is our
own, so the log is read at once and a long backlog waits in few rows: an import of a year is half a
million minutes, however many readings.

Nothing is missed: a minute on the list has a mark, which changes when the log brings it again, and
a run takes a minute off the list only with the mark it had before the run looked at its readings.

A summary is never replaced by less. Where retention has taken readings of a minute, what it counted
is kept, and readings that come late are added to it (`merge_minutes`).
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db import connection

from telemetry.sql import load
from telemetry.storage import commit_log
from telemetry.storage.backend import backend

COMMITS_PER_STEP = 1_000  # rows of the log taken in one transaction
# Such transactions before minutes are computed. Each question of summaries looks at what is in the
# log yet (1.4 µs a commit), while minutes on the list are few however many commits they stand for.
STEPS_AHEAD = 50
RUN_SECONDS = 30.0  # of one call; then others have a turn, and the backlog is measured anew
MINUTE = timedelta(minutes=1)

_SQL = load("rollups")


class Backlog(NamedTuple):
    """What waits to be rolled up."""

    commits: int  # not read from the log yet
    seconds: float  # since the oldest of them; a transaction that stays open holds them back
    minutes: int  # on the list
    oldest: datetime | None  # of these


def run(now: datetime, *, seconds: float = RUN_SECONDS) -> int:
    """Roll up the dirty minutes that are over as of `now`; how many minutes were computed.

    Ends after about so many seconds, with what is done by then: call it again while it gives more
    than 0. The minute that still runs waits: its readings are read as they are, and computing it
    each time would be work for nothing.
    """
    until = time.monotonic() + seconds
    closed = minute_of(now)
    done = 0
    while True:
        more = all(take_commits() for _ in range(STEPS_AHEAD))
        computed = _step(closed)
        done += computed
        if time.monotonic() >= until or not (more or computed):
            return done


def take_commits() -> bool:
    """Put the minutes of the next commits on the list; whether there are more."""
    with commit_log.reading(commit_log.ROLLUPS, COMMITS_PER_STEP) as commits:
        minutes = {
            minute_of(first) + n * MINUTE
            for commit in commits
            for first, last in commit.spans
            for n in range((minute_of(last) - minute_of(first)) // MINUTE + 1)
        }
        if minutes:
            with connection.cursor() as cursor:
                cursor.execute(_SQL["add_dirty_minutes"], {"minutes": sorted(minutes)})
    return commits.more


def minute_of(moment: datetime) -> datetime:
    """The minute it lies in."""
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def backlog(now: datetime) -> Backlog:
    """What waits to be rolled up as of `now`."""
    commits, seconds = commit_log.backlog(commit_log.ROLLUPS)
    with connection.cursor() as cursor:
        cursor.execute(_SQL["measure_rollup_backlog"], {"closed": now - MINUTE})
        minutes, oldest = cursor.fetchone()
    return Backlog(commits, seconds, minutes, oldest)


def _step(closed: datetime) -> int:
    with backend().turn() as ours:
        if not ours:
            return 0
        with connection.cursor() as cursor:
            limit = backend().minutes_per_step
            cursor.execute(_SQL["list_dirty_minutes"], {"closed": closed, "limit": limit})
            dirty = cursor.fetchall()
        # What lost readings to retention is apart: its readings do not tell all.
        whole = [minute for minute, _, lost in dirty if not lost]
        backend().roll_up(whole, [minute for minute, _, lost in dirty if lost])
        with connection.cursor() as cursor:
            seen = {"minutes": [row[0] for row in dirty], "marks": [row[1] for row in dirty]}
            cursor.execute(_SQL["forget_dirty_minutes"], seen)
    return len(dirty)
