"""How long what is over is kept: past alerts with their history, and silences."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from alerts.sql import load
from devices import clock
from telemetry.jobs import Job
from telemetry.storage.deletion import delete_in_steps

KEPT = timedelta(days=730)  # since it cleared, or ended
AT_ONCE = 5_000  # rows of one DELETE
MOST = 100_000  # alerts of one run; the next one goes on

_SQL = load("keeping")


def forget(now: datetime) -> int:
    """Delete alerts and silences that were over long ago; how many alerts."""
    given: dict[str, Any] = {"before": now - KEPT, "limit": AT_ONCE}
    with connection.cursor() as cursor:
        cursor.execute(_SQL["forget_silences"], given)
    return delete_in_steps(_SQL["forget_alerts"], given, step=AT_ONCE, most=MOST)


def _forget() -> str:
    gone = forget(clock.now())
    return f"{gone} alerts deleted" if gone else ""


JOBS = (Job("forget_alerts", every=3600.0, timeout=600.0, run=_forget),)
