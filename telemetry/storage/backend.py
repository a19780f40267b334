"""Plain Postgres or TimescaleDB: one object that does what differs between them.

Rows are written and read by the same statements on both; what differs is upkeep. `migrate` decides
which it is (migration 0005), and `manage.py timescale` moves the one to the other, beside processes
that run: each asks again after a while.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Protocol
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from telemetry.sql import load
from telemetry.storage.plain import Plain
from telemetry.storage.timescale import Timescale


class Backend(Protocol):
    """What `plain.Plain` and `timescale.Timescale` both do, each in its way."""

    minutes_per_step: int  # that `roll_up` is given at most
    trims: bool  # readings of one series can go, and what sums them up stays

    def make_days(self, days: Iterable[date]) -> list[str]:
        """Make room for the readings of these days; the names of the tables made."""

    def turn(self) -> AbstractContextManager[bool]:
        """A block that rolls up; false where another process is at it."""

    def roll_up(self, whole: list[datetime], lost: list[datetime]) -> None:
        """Bring the summaries of these minutes up to date; the second have lost readings."""

    def delete_readings(self, series_id: int, moments: list[datetime]) -> None:
        """Delete the numbers of a series at these times, which ascend. Its summaries follow once
        the commit log has their minutes."""

    def delete_texts(self, series_id: int, moments: list[datetime]) -> None:
        """The same of texts, which have no summaries."""

    def drop_readings(self, cutoff: datetime) -> list[str]:
        """Drop the whole days before `cutoff`; the names of the tables that went."""

    def drop_minutes(self, cutoff: datetime) -> int:
        """Delete the summaries of minutes before `cutoff`, or so many as go together; how many."""

    def delete_series(self, ids: list[int]) -> int:
        """Delete what some series measured, and its summaries; how many rows."""

    def pack(self, now: datetime, oldest: datetime) -> list[str]:
        """Store the days that are over in less room, from `oldest` on; what was done."""

    def tend(self, now: datetime) -> list[str]:
        """Vacuum or compress what takes in no more; the names of these tables."""

    def estimate_readings(self) -> int:
        """How many readings are kept, by the statistics: counting would read them all."""

    def keeps_from(self, cutoff: datetime) -> datetime:
        """The oldest time of a reading that can be kept and summarised, not before `cutoff`."""


_PLAIN, _TIMESCALE = Plain(), Timescale()  # they remember nothing
HOLDS = 5.0  # seconds until the database is asked again which it is

_found: WeakKeyDictionary[BaseDatabaseWrapper, tuple[float, Backend]] = WeakKeyDictionary()
_SQL = load("backend")


def backend() -> Backend:
    """What the database of this thread's connection keeps readings in."""
    ours = connections[DEFAULT_DB_ALIAS]
    now = time.monotonic()
    asked, found = _found.get(ours, (-math.inf, None))
    # Not within a transaction: what it began with goes on to its end.
    if found is None or (now - asked >= HOLDS and not ours.in_atomic_block):
        found = _TIMESCALE if is_timescale() else _PLAIN
        _found[ours] = now, found
    return found


def ask_again() -> None:
    """Have this process ask the database anew which it is."""
    _found.clear()


def is_timescale() -> bool:
    """Whether the readings are in TimescaleDB's hypertables; asks the database."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["is_timescale"])
        row = cursor.fetchone()
    return row == (True,)
