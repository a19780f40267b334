"""How long what is over is kept: past alerts with their history, and silences."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from alerts.sql import load
from devices import clock
from telemetry.jobs import Job

KEPT = timedelta(days=730)  # since it cleared, or ended
AT_ONCE = 5_000  # rows of one DELETE
MOST = 100_000  # alerts of one run; the next one goes on

_SQL = load("keeping")


def forget(now: datetime) -> int:
    """Delete alerts and silences that were over long ago; how many alerts."""
    given: dict[str, Any] = {"before": now - KEPT, "limit": AT_ONCE}
    gone = 0
    with connection.cursor() as cursor:
        cursor.execute(_SQL["forget_silences"], given)
        while gone < MOST:
            cursor.execute(_SQL["forget_alerts"], given)
            gone += cursor.rowcount
            if cursor.rowcount < AT_ONCE:
                break
    return gone


def _forget() -> str:
    gone = forget(clock.now())
    return f"{gone} alerts deleted" if gone else ""


JOBS = (Job("forget_alerts", every=3600.0, timeout=600.0, run=_forget),)
