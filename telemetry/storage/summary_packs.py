"""Packs of summaries: those of an hour's minutes and of a day's hours as one row a series.

They are there to be read fast, beside the summaries and equal to them: a trigger deletes each whose
summaries change (migration 0029), and what has none is read from the summaries themselves. Minutes
are packed of the last days only: of more, packs would take a third of what the minutes take.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction

from telemetry.moments import EPOCH
from telemetry.sql import load

KEY = 0x50554D53  # advisory lock, which the trigger shares
MINUTES_KEPT = timedelta(days=3)  # of which minutes are packed
QUIET = timedelta(minutes=5)  # that a span is over: its last minute is summed up by then
AT_ONCE = 50  # spans that are looked for
RUN_SECONDS = 20.0  # of one call

_SQL = load("summary_packs")


class Level(NamedTuple):
    """Summaries of what, and how long the span of a pack is."""

    listed: str
    packed: str
    noted: str
    width: timedelta
    kept: timedelta | None


LEVELS = (
    Level(
        "list_unpacked_hours", "pack_minutes", "note_packed_hour", timedelta(hours=1), MINUTES_KEPT
    ),
    Level("list_unpacked_days", "pack_hours", "note_packed_day", timedelta(days=1), None),
)


def run(now: datetime, *, seconds: float = RUN_SECONDS) -> int:
    """Pack what is over as of `now` and changed since; how many hours and days. Ends after about
    so many seconds: the rest is left to the next call."""
    until = time.monotonic() + seconds
    with connection.cursor() as cursor:
        cursor.execute(_SQL["forget_old_minutes"], {"floor": now - MINUTES_KEPT})
    done = 0
    for level in LEVELS:
        while time.monotonic() < until and (count := _step(level, now)):
            done += count
    return done


def _step(level: Level, now: datetime) -> int:
    before = now - level.width - QUIET
    floor = EPOCH if level.kept is None else now - level.kept
    with connection.cursor() as cursor:
        cursor.execute(_SQL[level.listed], {"before": before, "floor": floor, "limit": AT_ONCE})
        starts = [start for (start,) in cursor.fetchall()]
    return sum(_pack(level, start) for start in starts)


def _pack(level: Level, start: datetime) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SQL["take_packs_of_summaries"], {"key": KEY})
        if cursor.fetchone() != (True,):
            return False
        # A statement of its own: it sees what those committed who had the lock before.
        cursor.execute(_SQL[level.packed], {"start": start, "stop": start + level.width})
        cursor.execute(_SQL[level.noted], {"start": start})
    return True
