"""How long what was measured is kept, and the removal of what is older."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic

from django.conf import settings
from django.db import connection

from telemetry.jobs import NotYet
from telemetry.moments import to_us
from telemetry.sql import load
from telemetry.storage.backend import backend

MAX_DELETED_SERIES = 10_000  # series of one purge
DELETED_LINGERS = timedelta(days=1)  # a spool may still bring readings of a series just deleted
# After a day is too old to come in, until it is dropped: what was on its way is rolled up by then.
GRACE = timedelta(minutes=10)
LIMIT_HOLDS = 60.0  # seconds until a writer asks again which readings are too old; below `GRACE`
# How far the clock may have gone since retention last looked. A machine without a battery for its
# clock may begin in any year, and would drop all that is older than that.
MAX_CLOCK_JUMP = timedelta(days=7)

_SQL = load("retention")


class ClockDoubted(NotYet):
    """The database's clock has gone too far to remove anything by it."""


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """Nothing older than these is promised to be there; midnight UTC, like the partitions."""

    raw: datetime
    minutes: datetime
    quarantine: datetime


def cutoffs(now: datetime) -> Cutoffs:
    """The oldest moments that the settings keep as of `now`."""
    today = datetime.combine(now.astimezone(UTC).date(), time(), tzinfo=UTC)
    return Cutoffs(
        raw=today - timedelta(days=settings.RETENTION_DAYS),
        minutes=today - timedelta(days=settings.ROLLUP_RETENTION_DAYS),
        quarantine=today - timedelta(days=settings.QUARANTINE_RETENTION_DAYS),
    )


def kept(now: datetime) -> Cutoffs:
    """The same without what was dropped already, by settings that were other ones then."""
    limits = cutoffs(now)
    with connection.cursor() as cursor:
        cursor.execute(_SQL["fetch_floors"])
        raw, minutes = cursor.fetchone()
    return Cutoffs(max(limits.raw, raw), max(limits.minutes, minutes), limits.quarantine)


class AcceptsFrom:
    """The oldest time a reading may have to be stored, by the database's clock.

    What is older would be removed at once, or cannot be summarised any more. Asked for seldom: a
    day is dropped only `GRACE` after it is too old.
    """

    def __init__(self) -> None:
        self._us = 0
        self._asked_at: float | None = None  # monotonic seconds

    def us(self) -> int:
        """In Unix microseconds. Raises what the database raises."""
        if self._asked_at is None or monotonic() - self._asked_at >= LIMIT_HOLDS:
            with connection.cursor() as cursor:
                cursor.execute(_SQL["fetch_clock"])
                now, _ = cursor.fetchone()
            self._us = to_us(backend().keeps_from(cutoffs(now).raw))
            self._asked_at = monotonic()
        return self._us


def believed_now() -> datetime:
    """The database's clock, which retention goes by.

    Raises `ClockDoubted` when it is far from where it was, or, at the first look, from the newest
    day that was measured; and when by it even the newest readings there are would be too old.
    `PULSEBOARD_CLOCK_CONFIRMED` says that it is right.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SQL["fetch_clock"])
        now, before = cursor.fetchone()
        cursor.execute(_SQL["fetch_newest_day"])
        newest, is_kept = cursor.fetchone()
    check_clock(now, before or newest)
    if is_kept:
        check_cut(now, newest)
    with connection.cursor() as cursor:
        cursor.execute(_SQL["believe_clock"], {"now": now})
    return now


def check_clock(now: datetime, before: datetime | None) -> None:
    """Raise `ClockDoubted` if `now` is too far after `before`. One that goes back drops less."""
    if before is None or now - before <= MAX_CLOCK_JUMP or _is_confirmed(now):
        return
    raise ClockDoubted(
        f"The database's clock says {now:%Y-%m-%d}, {(now - before).days} days after"
        f" {before:%Y-%m-%d}, when it was last seen. Nothing is removed by it. If it is right, set"
        f" PULSEBOARD_CLOCK_CONFIRMED={now:%Y-%m-%d} and restart maintain."
    )


def check_cut(now: datetime, newest: datetime) -> None:
    """Raise `ClockDoubted` if nothing that was measured would be left: a clock that crept ahead, or
    was believed once, is not noticed by its jumps. `newest` is a day."""
    if newest >= cutoffs(now).raw or _is_confirmed(now):
        return
    raise ClockDoubted(
        f"The database's clock says {now:%Y-%m-%d}. By it the newest readings, of"
        f" {newest:%Y-%m-%d}, are older than any that are kept, and all would be removed. Nothing"
        " is. If it is right and nothing was measured since, set"
        f" PULSEBOARD_CLOCK_CONFIRMED={now:%Y-%m-%d} and restart maintain."
    )


def _is_confirmed(now: datetime) -> bool:
    confirmed: date | None = settings.CLOCK_CONFIRMED
    return confirmed is not None and now.astimezone(UTC).date() <= confirmed


def drop_readings(now: datetime) -> list[str]:
    """Drop the days of readings that are too old; the names of what went. In no transaction.

    Not before they are rolled up. Raises what the backend raises: call it again.
    """
    cutoff = cutoffs(now - GRACE).raw
    if oldest := _oldest_not_rolled_up():
        cutoff = min(cutoff, _midnight(oldest))
    return backend().drop_readings(cutoff)


def drop_minutes(now: datetime) -> int:
    """Delete summaries of minutes that are too old; how many rows or chunks."""
    cutoff = cutoffs(now - GRACE).minutes
    if oldest := _oldest_not_rolled_up():
        cutoff = min(cutoff, _midnight(oldest))
    return backend().drop_minutes(cutoff)


def _midnight(moment: datetime) -> datetime:
    """The midnight UTC before a moment."""
    return datetime.combine(moment.astimezone(UTC).date(), time(), tzinfo=UTC)


def purge_deleted_series(now: datetime) -> int:
    """Delete what deleted series left behind; how many rows."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["list_deleted_series"], {"limit": MAX_DELETED_SERIES})
        ids = [series_id for (series_id,) in cursor.fetchall()]
    if not ids:
        return 0
    removed = backend().delete_series(ids)
    with connection.cursor() as cursor:
        cursor.execute(_SQL["forget_last_readings"], {"series": ids})
        cursor.execute(
            _SQL["forget_deleted_series"], {"series": ids, "before": now - DELETED_LINGERS}
        )
    return removed


def _oldest_not_rolled_up() -> datetime | None:
    """The oldest minute whose only copy is its readings; they stay until it is rolled up."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["fetch_oldest_dirty_minute"])
        (minute,) = cursor.fetchone()
    return minute
