"""The alerts of a target that stood at some time, and what the target remembered then."""

from __future__ import annotations

from django.db.models import Q

from alerts.conditions import Change, Condition, Memory, State
from alerts.engine.target import Target
from alerts.models import Alert
from telemetry.moments import from_us, to_us


def alerts_of(target: Target, since_us: int) -> list[Alert]:
    """Those of it that were not over by then, locked."""
    if not target.is_open and target.alerted_us < since_us:
        return []
    place = target.place
    series = place.series.id if place.series else None
    found = Alert.objects.select_for_update(of=("self",)).select_related("site").filter(
        Q(cleared_at=None) | Q(cleared_at__gte=from_us(since_us)),
        rule=place.rule.id, device=place.device.id, series=series,
    )  # fmt: skip
    return list(found.order_by("started_at", "pk"))


def holds_at(alert: Alert, us: int) -> bool:
    return alert.cleared_at is None or to_us(alert.cleared_at) > us


def firing(condition: Condition, memory: Memory, alert: Alert) -> Memory:
    """This memory, with this alert standing."""
    found = memory.copy()
    found.state, found.count = State.FIRING, condition.count
    found.since_us = to_us(alert.started_at) + condition.judging.held_before_us
    found.value, found.limit, found.worst = alert.value, alert.limit, alert.worst
    return found


def fired(alert: Alert) -> Change:
    """How it began."""
    since = to_us(alert.started_at)
    return Change(since, State.FIRING, alert.value, alert.limit, since, alert.worst)
