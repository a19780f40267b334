"""How long what was measured is kept, and the removal of what is older."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.db import connection

from telemetry.sql import load
from telemetry.storage import partitions, timescale

MAX_DELETED_SERIES = 10_000  # series of one purge
DELETED_LINGERS = timedelta(days=1)  # a spool may still bring readings of a series just deleted
ROLLUPS = ("rollup_1m", "rollup_1h", "rollup_1d")

_SQL = load("retention")


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


@dataclass(frozen=True, slots=True)
class Purged:
    """What one `purge` removed."""

    partitions: list[str]  # or chunks, those of rollup_1m too
    rollups: int  # rows of rollup_1m
    series_rows: int


def purge(now: datetime) -> Purged:
    """Remove what is older than `cutoffs`, and what deleted series left; in short transactions."""
    limits = cutoffs(now)
    dropped, minutes = _purge_old(limits)
    return Purged(
        partitions=dropped,
        rollups=minutes,
        series_rows=_purge_deleted_series(now),
    )


def _purge_old(limits: Cutoffs) -> tuple[list[str], int]:
    """Partitions or chunks dropped, and rows of rollup_1m deleted."""
    unsummarised = _rolled_up_until() or limits.raw
    dropped = partitions.drop_before(min(limits.raw, unsummarised))
    if not timescale.in_use():
        return dropped, partitions.delete_where("rollup_1m", "bucket < %s", [limits.minutes])
    cutoff = min(limits.minutes, unsummarised)
    minutes = timescale.drop_before(["rollup_1m"], cutoff, lock_wait=partitions.LOCK_WAIT)
    return dropped + minutes, 0


def _rolled_up_until() -> datetime | None:
    """The oldest minute whose only copy is its readings; they stay until it is rolled up."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["fetch_oldest_dirty_minute"])
        (minute,) = cursor.fetchone()
    return minute


def _purge_deleted_series(now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_SQL["list_deleted_series"], {"limit": MAX_DELETED_SERIES})
        ids = [series_id for (series_id,) in cursor.fetchall()]
    if not ids:
        return 0
    removed = timescale.delete_series(ids) if timescale.in_use() else _delete_series(ids)
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL["forget_deleted_series"], {"series": ids, "before": now - DELETED_LINGERS}
        )
    return removed


def _delete_series(ids: list[int]) -> int:
    tables = [*partitions.every_partition(), *ROLLUPS]
    return sum(
        partitions.delete_where(table, "series_id = ANY (%s::int[])", [ids]) for table in tables
    )
