"""Moments as Unix times and back, exactly: a float of seconds would round.

What is stored and computed counts in whole microseconds, as Postgres does. What is shown and asked
counts in milliseconds, as JavaScript does: whole ones where the microseconds allow it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MICROSECOND = timedelta(microseconds=1)


def to_ms(moment: datetime) -> int:
    """A time as Unix milliseconds; what is below a millisecond is cut."""
    return (moment - EPOCH) // _MILLISECOND


def from_ms(ms: float) -> datetime:
    """Unix milliseconds as a time in UTC."""
    return EPOCH + timedelta(milliseconds=ms)


def to_us(moment: datetime) -> int:
    """A time as Unix microseconds."""
    return (moment - EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """Unix microseconds as a time in UTC."""
    return EPOCH + timedelta(microseconds=us)


def now_us() -> int:
    """This machine's clock as Unix microseconds."""
    return time.time_ns() // 1_000


def in_ms(us: int) -> int | float:
    """Unix microseconds as Unix milliseconds, with up to three digits behind the point: a double
    tells any two microseconds apart until the year 2109."""
    return us // 1_000 if us % 1_000 == 0 else us / 1_000
