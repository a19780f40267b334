"""When a silence holds, and which alerts it is for. Asked by whoever tells people, and by the page.

A weekly one is by the clock of its zone: an hour that comes twice is silent twice, one that is
skipped never.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import Q

from alerts.errors import AlertsError
from alerts.models import Silence

DAYS = range(1, 8)  # Monday is 1, as ISO 8601 counts
_MINUTE = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)


class InvalidRecurrence(AlertsError):
    """A weekly window that nobody could hold, by field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {said}" for name, said in errors.items()))
        self.errors = errors


class Weekly(NamedTuple):
    """On these days from a minute to another by the clock of a zone. One that ends no later than it
    begins ends on the next day."""

    zone: ZoneInfo
    days: frozenset[int]
    start: time
    stop: time

    def holds(self, at: datetime) -> bool:
        local = at.astimezone(self.zone)
        clock = local.time()
        today = local.isoweekday() in self.days
        if self.start < self.stop:
            return today and self.start <= clock < self.stop
        yesterday = (local.date() - timedelta(days=1)).isoweekday() in self.days
        return (today and clock >= self.start) or (yesterday and clock < self.stop)


def read_recurrence(document: Any) -> Weekly:
    """`{"zone", "days", "from", "to"}` as it is stored. Raises `InvalidRecurrence`."""
    if not isinstance(document, dict):
        raise InvalidRecurrence({"recurrence": "Write zone, days, from and to."})
    errors: dict[str, str] = {
        str(name): "There is no such field."
        for name in document
        if name not in ("zone", "days", "from", "to")
    }
    try:
        zone = ZoneInfo(str(document.get("zone")))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = ZoneInfo("UTC")
        errors["zone"] = "Write the name of a time zone, as Europe/Berlin."
    days = document.get("days")
    if (
        not isinstance(days, list)
        or not days
        or not all(type(d) is int and d in DAYS for d in days)
    ):
        errors["days"] = "Write at least one day, as numbers: Monday is 1, Sunday 7."
        days = []
    times = {}
    for name in ("from", "to"):
        text = document.get(name)
        if isinstance(text, str) and _MINUTE.fullmatch(text):
            times[name] = time.fromisoformat(text)
        else:
            errors[name] = "Write a time of day, as 06:30."
    if errors:
        raise InvalidRecurrence(errors)
    return Weekly(zone, frozenset(days), times["from"], times["to"])


def holds(silence: Silence, at: datetime) -> bool:
    """Whether it is quiet at this instant."""
    if at < silence.starts_at or (silence.ends_at is not None and at >= silence.ends_at):
        return False
    return silence.recurrence is None or read_recurrence(silence.recurrence).holds(at)


def fits(silence: Silence, *, site: int | None, device: int | None, rule: int | None) -> bool:
    """Whether it is for alerts of this site, device and rule, by their ids."""
    wanted = ((silence.site_id, site), (silence.device_id, device), (silence.rule_id, rule))
    return all(named is None or named == has for named, has in wanted)


def holding(at: datetime) -> list[Silence]:
    """Those that hold at this instant, of all sites; one query."""
    begun = Silence.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), starts_at__lte=at)
    return [each for each in begun.order_by("id") if holds(each, at)]
