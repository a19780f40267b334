"""Whether rules are judged at all, for pages to say."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from alerts.engine.processes import SHARES
from alerts.sql import load
from devices import clock

BEHIND = timedelta(seconds=30)  # what is judged up to a moment ago counts as judged

_SQL = load("engine")


def not_judged_since() -> datetime | None:
    """Since when some rule was not judged any more: no engine runs, it is behind, or it cannot know
    because nothing is stored. None: all are, or there was never an engine."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["fetch_judged"])
        shares, judged_at = cursor.fetchone()
    if shares < SHARES or judged_at is None or clock.now() - judged_at < BEHIND:
        return None
    found: datetime = judged_at
    return found
