"""When a silence holds, and which alerts it is for: for whoever tells people, and for pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q

from alerts.conditions import InvalidCondition, Schedule
from alerts.errors import AlertsError
from alerts.models import Silence
from telemetry.moments import to_us


class InvalidRecurrence(AlertsError):
    """A weekly window that nobody could hold, by field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {said}" for name, said in errors.items()))
        self.errors = errors


def read_recurrence(document: Any) -> Schedule:
    """The hours of each week in which it holds, as those of a rule. Raises `InvalidRecurrence`."""
    try:
        return Schedule.read(document)
    except InvalidCondition as exc:
        named = {name.removeprefix("schedule."): said for name, said in exc.errors.items()}
        raise InvalidRecurrence(named) from exc


def holds(silence: Silence, at: datetime) -> bool:
    """Whether it is quiet at this instant."""
    if at < silence.starts_at or (silence.ends_at is not None and at >= silence.ends_at):
        return False
    return silence.recurrence is None or read_recurrence(silence.recurrence).is_open(to_us(at))


def fits(silence: Silence, *, site: int | None, device: int | None, rule: int | None) -> bool:
    """Whether it is for alerts of this site, device and rule, by their ids."""
    wanted = ((silence.site_id, site), (silence.device_id, device), (silence.rule_id, rule))
    return all(named is None or named == has for named, has in wanted)


def holding(at: datetime) -> list[Silence]:
    """Those that hold at this instant, of all sites; one query."""
    begun = Silence.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), starts_at__lte=at)
    return [each for each in begun.order_by("id") if holds(each, at)]
