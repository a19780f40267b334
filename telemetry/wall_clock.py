"""What a clock on the wall of a zone shows, as instants: hours that repeat, or are missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_EXACT = timedelta(microseconds=1)


def shown_at(instant: datetime, zone: ZoneInfo) -> datetime:
    """What the clock shows then, without a zone."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def instant_of(shown: datetime, zone: ZoneInfo) -> datetime:
    """When the clock shows this; the first time, if it does so twice. A time that the clock leaves
    out stands for the moment at which it does: then a later time is never an earlier instant."""
    instant = shown.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if shown_at(instant, zone) == shown:
        return instant
    # The clock goes from before `shown` to after it within these two.
    early, late = shown.replace(tzinfo=zone, fold=1).astimezone(UTC), instant
    while late - early > _EXACT:
        middle = early + (late - early) / 2
        if shown_at(middle, zone) < shown:
            early = middle
        else:
            late = middle
    return late
