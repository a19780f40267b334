"""The jobs that keep the store: rooms for the days ahead, rollups, retention, vacuum."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.db import connection
from prometheus_client import Gauge

from devices import removal
from telemetry import quarantine
from telemetry.jobs import REGISTRY, Job
from telemetry.sql import load
from telemetry.storage import commit_log, commit_merge, retention, rollups, trimming
from telemetry.storage.backend import backend
from telemetry.workers import past

BACKLOG_SECONDS = Gauge(
    "pulseboard_rollup_backlog_seconds",
    "Age of the oldest commit the rollups have not read",
    registry=REGISTRY,
)
BACKLOG_MINUTES = Gauge(
    "pulseboard_rollup_backlog_minutes", "Minutes that are to be rolled up", registry=REGISTRY
)

DAYS_BACK = 2  # days before today: a device that was out of reach brings its backlog
DAYS_AHEAD = 3  # days after today: slack for maintenance that does not run

_SQL = load("backend")


def database_now() -> datetime:
    """The database's clock, by which everything here goes."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["fetch_now"])
        (now,) = cursor.fetchone()
    return now


def make_days(
    now: datetime, *, days_back: int = DAYS_BACK, days_ahead: int = DAYS_AHEAD
) -> list[str]:
    """Make room for the readings of the days around `now`, in UTC; the names of what was made."""
    return backend().make_days(days_around(now, days_back, days_ahead))


def days_around(now: datetime, back: int = DAYS_BACK, ahead: int = DAYS_AHEAD) -> list[date]:
    """In UTC: so many before the day of `now`, and after it."""
    today = now.astimezone(UTC).date()
    return [today + timedelta(days=offset) for offset in range(-back, ahead + 1)]


def _make_days() -> str:
    made = make_days(database_now())
    return f"made {', '.join(made)}" if made else ""


def _roll_up() -> str:
    now = database_now()
    done = rollups.run(now)
    waits = rollups.backlog(now)
    BACKLOG_SECONDS.set(waits.seconds)
    BACKLOG_MINUTES.set(waits.minutes)
    return f"summed up {done} minute{'s' * (done > 1)}" if done else ""


def _forget_commits() -> str:
    done = commit_log.forget()
    return f"forgot {done} commits" if done else ""


def _merge_commits() -> str:
    gone = commit_merge.merge(database_now())
    return f"merged {gone} commits into others" if gone else ""


def _drop_readings() -> str:
    dropped = retention.drop_readings(retention.believed_now())
    return f"dropped {', '.join(dropped)}" if dropped else ""


def _drop_minutes() -> str:
    dropped = retention.drop_minutes(retention.believed_now())
    return f"deleted {dropped} summaries of minutes" if dropped else ""


def _trim_series() -> str:
    removed = trimming.run(retention.believed_now())
    return f"deleted {removed} readings and summaries by rules" if removed else ""


def _pack() -> str:
    now = retention.believed_now()
    return "; ".join(backend().pack(now, retention.cutoffs(now).raw))


def _purge_deleted_series() -> str:
    removed = retention.purge_deleted_series(database_now())
    return f"deleted {removed} rows of deleted series" if removed else ""


def _delete_removed_devices() -> str:
    deleted = removal.delete_overdue(retention.believed_now())
    return f"deleted {deleted} removed device{'s' * (deleted > 1)}" if deleted else ""


def _trim_quarantine() -> str:
    removed = quarantine.trim(retention.believed_now())
    return f"removed {removed} messages" if removed else ""


def _forget_pipeline_past() -> str:
    gone = past.forget(retention.believed_now())
    return f"deleted {gone} minutes of workers" if gone else ""


def _tend() -> str:
    tended = backend().tend(database_now())
    return f"vacuumed or compressed {', '.join(tended)}" if tended else ""


JOBS = (
    Job("make_days", every=600.0, timeout=120.0, run=_make_days),
    Job("roll_up", every=2.0, timeout=600.0, run=_roll_up),
    Job("forget_commits", every=30.0, timeout=300.0, run=_forget_commits),
    Job("merge_commits", every=300.0, timeout=300.0, run=_merge_commits),
    Job("drop_readings", every=3600.0, timeout=1800.0, run=_drop_readings),
    Job("drop_minutes", every=3600.0, timeout=1800.0, run=_drop_minutes),
    Job("trim_series", every=3600.0, timeout=1800.0, run=_trim_series),
    Job("pack", every=300.0, timeout=1800.0, run=_pack),
    Job("purge_deleted_series", every=3600.0, timeout=1800.0, run=_purge_deleted_series),
    Job("delete_removed_devices", every=600.0, timeout=1800.0, run=_delete_removed_devices),
    # A flood of messages that are no good comes at any rate.
    Job("trim_quarantine", every=60.0, timeout=300.0, run=_trim_quarantine),
    Job("forget_pipeline_past", every=3600.0, timeout=300.0, run=_forget_pipeline_past),
    # Each try stands before those who write late readings for as long as it waits for its lock.
    Job("tend", every=3600.0, timeout=3600.0, run=_tend, longest_retry=900.0),
)
