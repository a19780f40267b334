"""Moments as Unix milliseconds and back, exactly: a float of seconds would round."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(moment: datetime) -> int:
    """A time as Unix milliseconds; what is below a millisecond is cut."""
    return (moment - EPOCH) // _MILLISECOND


def from_ms(ms: int) -> datetime:
    """Unix milliseconds as a time in UTC."""
    return EPOCH + timedelta(milliseconds=ms)
