"""How long what was measured is kept, and the removal of what is older."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """Nothing older than these is promised to be there; midnight UTC, like the partitions."""

    raw: datetime
    minutes: datetime
    quarantine: datetime


def cutoffs(now: datetime) -> Cutoffs:
    """The oldest moments that retention keeps as of `now`."""
    today = datetime.combine(now.astimezone(UTC).date(), time(), tzinfo=UTC)
    return Cutoffs(
        raw=today - timedelta(days=settings.RETENTION_DAYS),
        minutes=today - timedelta(days=settings.ROLLUP_RETENTION_DAYS),
        quarantine=today - timedelta(days=settings.QUARANTINE_RETENTION_DAYS),
    )
