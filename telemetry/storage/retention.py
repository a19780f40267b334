"""How long what was measured is kept, and the removal of what is older."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.db import connection

from telemetry.jobs import NotYet
from telemetry.sql import load
from telemetry.storage import kept
from telemetry.storage.backend import backend

MAX_DELETED_SERIES = 10_000  # series of one purge
DELETED_LINGERS = timedelta(days=1)  # a spool may still bring readings of a series just deleted
# After a day is too old to come in, until it is dropped: what was on its way is rolled up by then.
# Longer than `kept.LIMIT_HOLDS`.
GRACE = timedelta(minutes=10)
# How far the clock may have gone since retention last looked. A machine without a battery for its
# clock may begin in any year, and would drop all that is older than that.
MAX_CLOCK_JUMP = timedelta(days=7)

_SQL = load("retention")


class ClockDoubted(NotYet):
    """The database's clock has gone too far to remove anything by it."""


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """What is older is kept of no series; midnight UTC, like the partitions."""

    raw: datetime
    minutes: datetime
    quarantine: datetime


def cutoffs(now: datetime) -> Cutoffs:
    """The oldest moments that settings and rules keep as of `now`."""
    since = kept.since(kept.Rules.stored().longest(), now)
    today = datetime.combine(now.astimezone(UTC).date(), time(), tzinfo=UTC)
    quarantine = today - timedelta(days=settings.QUARANTINE_RETENTION_DAYS)
    return Cutoffs(since.raw, since.minutes, quarantine)


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
        check_cut(now, newest, cutoffs(now).raw)
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


def check_cut(now: datetime, newest: datetime, cutoff: datetime) -> None:
    """Raise `ClockDoubted` if nothing that was measured would be left: a clock that crept ahead, or
    was believed once, is not noticed by its jumps. `newest` is a day."""
    if newest >= cutoff or _is_confirmed(now):
        return
    raise ClockDoubted(
        f"The database's clock says {now:%Y-%m-%d}. By it the newest readings, of"
        f" {newest:%Y-%m-%d}, are older than any that are kept, and all would be removed. Nothing"
        " is. If it is right and nothing was measured since, set"
        f" PULSEBOARD_CLOCK_CONFIRMED={now:%Y-%m-%d} and restart maintain."
    )


def newest_day() -> datetime | None:
    """The newest day that was measured."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["fetch_newest_day"])
        newest, _ = cursor.fetchone()
    return newest


def rests(now: datetime) -> bool:
    """Whether a rule was changed just now: nothing is removed before every writer knows it, and
    whoever changed it has a moment to take it back."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["fetch_rules_changed"])
        return bool(cursor.fetchone()[0] > now - GRACE)


def _is_confirmed(now: datetime) -> bool:
    confirmed: date | None = settings.CLOCK_CONFIRMED
    return confirmed is not None and now.astimezone(UTC).date() <= confirmed


def drop_readings(now: datetime) -> list[str]:
    """Drop the days of readings that are too old; the names of what went. In no transaction.

    Not before they are rolled up. Raises what the backend raises: call it again.
    """
    if rests(now):
        return []
    cutoff = cutoffs(now - GRACE).raw
    if oldest := oldest_not_rolled_up():
        cutoff = min(cutoff, midnight(oldest))
    return backend().drop_readings(cutoff)


def drop_minutes(now: datetime) -> int:
    """Delete summaries of minutes that are too old; how many rows or chunks."""
    if rests(now):
        return 0
    cutoff = cutoffs(now - GRACE).minutes
    if oldest := oldest_not_rolled_up():
        cutoff = min(cutoff, midnight(oldest))
    return backend().drop_minutes(cutoff)


def midnight(moment: datetime) -> datetime:
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


def oldest_not_rolled_up() -> datetime | None:
    """The oldest minute whose only copy is its readings; they stay until it is rolled up."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["fetch_oldest_dirty_minute"])
        (minute,) = cursor.fetchone()
    return minute
