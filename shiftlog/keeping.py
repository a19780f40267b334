"""How long entries are kept: for years, and not for ever."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from devices import clock
from shiftlog.models import ReadMark
from shiftlog.sql import load
from shiftlog.unread import UNREAD_FOR
from telemetry.jobs import Job
from telemetry.storage.deletion import delete_in_steps

KEPT_SAID = timedelta(days=3_653)  # what people wrote, and threads in which somebody did: 10 years
KEPT_NOTED = timedelta(days=731)  # what the system noted and nobody answered: 2 years, as alerts
AT_ONCE = 5_000  # entries of one DELETE
MOST = 100_000  # entries of one run; the next one goes on

_SQL = load("keeping")


def forget(now: datetime) -> int:
    """Delete what is old; how many threads, an entry without replies being one."""
    ReadMark.objects.filter(updated_at__lt=now - 2 * UNREAD_FOR).exclude(stream="all").delete()
    given: dict[str, Any] = {"said": now - KEPT_SAID, "noted": now - KEPT_NOTED, "limit": AT_ONCE}
    return delete_in_steps(_SQL["forget_entries"], given, step=AT_ONCE, most=MOST)


def _forget() -> str:
    gone = forget(clock.now())
    return f"{gone} entries of the log deleted" if gone else ""


JOBS = (Job("forget_log", every=3_600.0, timeout=600.0, run=_forget),)
