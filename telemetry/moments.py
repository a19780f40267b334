"""Moments as Unix times and back, exactly: a float of seconds would round.

What is stored and computed counts in whole microseconds, as Postgres does. What is shown and asked
counts in milliseconds, as JavaScript does: whole ones where the microseconds allow it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MICROSECOND = timedelta(microseconds=1)
_NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,30})?", re.ASCII)


def to_ms(moment: datetime) -> int:
    """A time as Unix milliseconds; what is below a millisecond is cut."""
    return (moment - EPOCH) // _MILLISECOND


def ms_if_any(moment: datetime | None) -> int | None:
    """The same, of a time that there need not be."""
    return None if moment is None else to_ms(moment)


def from_ms(ms: float) -> datetime:
    """Unix milliseconds as a time in UTC."""
    return EPOCH + timedelta(milliseconds=ms)


def to_us(moment: datetime) -> int:
    """A time as Unix microseconds."""
    return (moment - EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """Unix microseconds as a time in UTC."""
    return EPOCH + timedelta(microseconds=us)


def in_ms(us: int) -> int | float:
    """Unix microseconds as Unix milliseconds, with up to three digits behind the point: a double
    tells any two microseconds apart until the year 2109."""
    return us // 1_000 if us % 1_000 == 0 else us / 1_000


def is_number(text: str) -> bool:
    """Whether the text is a plain decimal number, which as a time counts milliseconds."""
    return _NUMBER.fullmatch(text) is not None


def parse(text: str) -> int:
    """Unix microseconds of a time that somebody wrote: Unix milliseconds in digits, or ISO 8601, in
    UTC where it names no zone.

    Digits alone never are a date without its dashes: `1712010112123` would be the year 1712. Raises
    `ValueError`.
    """
    if is_number(text):
        return round(Decimal(text) * 1_000)
    moment = datetime.fromisoformat(text)
    return to_us(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
