"""What alerts of a span say of themselves: what fired most often, and how soon somebody came."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from access.scope import Scope
from alerts.sql import load

MOST = 10  # rules and devices named

_SQL = load("statistics")


class Frequent(NamedTuple):
    """A rule, or a device, and its alerts."""

    key: int | str | None  # the rule's id, None when it is gone; the device's uid
    name: str
    alerts: int
    flaps: int  # times they came back
    seconds: float  # they stood, in all
    unacknowledged: int


class Statistics(NamedTuple):
    """Seconds are None where there is nothing to measure."""

    alerts: int
    acknowledged: int
    median_to_acknowledge: float | None
    slow_to_acknowledge: float | None  # nine of ten were sooner
    median_length: float | None
    rules: list[Frequent]
    devices: list[Frequent]


def statistics(scope: Scope, start: datetime, stop: datetime, now: datetime) -> Statistics:
    """Of the alerts that fired from `start` on and before `stop`, where the scope sees them."""
    sites = None if scope.sites is None else sorted(scope.sites)
    given: dict[str, Any] = {
        "start": start, "stop": stop, "now": now, "sites": sites, "limit": MOST,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SQL["measure_answers"], given)
        (measured,) = cursor.fetchall()
        cursor.execute(_SQL["count_by_rule"], given)
        rules = [Frequent(*row) for row in cursor.fetchall()]
        cursor.execute(_SQL["count_by_device"], given)
        devices = [Frequent(*row) for row in cursor.fetchall()]
    fired, answered, median, slow, length = measured
    return Statistics(fired, answered, median, slow, length, rules, devices)
