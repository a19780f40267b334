"""How much of the past of presence is kept: so long, and so many facts of one device."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction

from telemetry.jobs import Job
from telemetry.moments import to_ms
from telemetry.sql import load
from telemetry.storage.retention import believed_now

KEPT = timedelta(days=400)  # a year and what is compared with it
MOST = 20_000  # facts of one device; one that comes and goes each minute has as many in a week

_SQL = load("presence_past")


def forget(before_ms: int, most: int = MOST) -> int:
    """Delete what is from before that time, Unix milliseconds, or too much; how many facts."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SQL["forget_facts"], {"before_ms": before_ms})
        gone = cursor.rowcount
        cursor.execute(_SQL["forget_unknown"], {"before_ms": before_ms})
        cursor.execute(_SQL["note_unknown"], {"start_ms": 0, "stop_ms": before_ms})
    with connection.cursor() as cursor:
        cursor.execute(_SQL["list_chatty"], {"most": most})
        chatty = cursor.fetchall()
    for device, oldest_ms in chatty:
        of_device = {"device": device, "before_ms": oldest_ms}
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_SQL["forget_of_device"], of_device)
            gone += cursor.rowcount
            cursor.execute(_SQL["note_forgotten"], of_device)
    return int(gone)


def _forget() -> str:
    gone = forget(to_ms(believed_now() - KEPT))
    return f"forgot {gone} facts of presence" if gone else ""


JOBS = (Job("forget_presence", every=3600.0, timeout=600.0, run=_forget),)
