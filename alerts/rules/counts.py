"""How rules stand: how many targets each has, and for how many of them it fires."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import Count, F, Max, Min

from access.scope import Scope
from alerts.conditions import State
from alerts.models import Alert, AlertRule, TargetState
from alerts.targets import devices_of, series_of
from telemetry.moments import to_ms


class Counts(NamedTuple):
    targets: int
    unit: str  # of all of them; "": they have several, or none
    firing: int
    pending: int
    last_fired: int | None  # Unix milliseconds


def counts(scope: Scope, rules: Sequence[AlertRule]) -> dict[int, Counts]:
    """By the id of the rule, as far as the scope sees."""
    seen = Alert.objects.visible_to(scope).filter(rule__in=rules)
    # The manager's order would be grouped by as well.
    by_rule = seen.order_by().values("rule")
    firing = dict(by_rule.filter(cleared_at=None).values_list("rule", Count("id")))
    states = (
        TargetState.objects.visible_to(scope)
        .order_by()
        .filter(rule__in=rules, revision=F("rule__revision"), memory__state=State.PENDING)
    )
    pending = dict(states.values_list("rule", Count("id")))
    last = dict(by_rule.values_list("rule", Max("fired_at")))
    return {
        rule.pk: Counts(
            *_targets(scope, rule),
            firing=firing.get(rule.pk, 0),
            pending=pending.get(rule.pk, 0),
            last_fired=to_ms(last[rule.pk]) if rule.pk in last else None,
        )
        for rule in rules
    }


def _targets(scope: Scope, rule: AlertRule) -> tuple[int, str]:
    """How many there are, and their unit."""
    if not rule.metric:
        return devices_of(rule).visible_to(scope).count(), ""
    found = series_of(rule).visible_to(scope).order_by()
    many = found.aggregate(targets=Count("id"), first=Min("unit"), last=Max("unit"))
    return many["targets"], (many["first"] or "") if many["first"] == many["last"] else ""
