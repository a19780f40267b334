"""How rules stand: how many targets each has, and for how many of them it fires."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db.models import Count, F, Max, Min, QuerySet, Value

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
    targets = _targets(scope, rules)
    return {
        rule.pk: Counts(
            *targets.get(rule.pk, (0, "")),
            firing=firing.get(rule.pk, 0),
            pending=pending.get(rule.pk, 0),
            last_fired=to_ms(last[rule.pk]) if rule.pk in last else None,
        )
        for rule in rules
    }


def _targets(scope: Scope, rules: Sequence[AlertRule]) -> dict[int, tuple[int, str]]:
    """How many each has, and their unit; of all rules in one statement."""
    asked = [_asked(scope, rule) for rule in rules]
    if not asked:
        return {}
    rows = asked[0].union(*asked[1:], all=True) if len(asked) > 1 else asked[0]
    return {
        rule: (many, (first or "") if first == last else "") for rule, many, first, last in rows
    }


def _asked(scope: Scope, rule: AlertRule) -> QuerySet[Any, tuple[int, int, str, str]]:
    """The row of one rule: its id, how many targets, the first and the last of their units."""
    found: Any = series_of(rule) if rule.metric else devices_of(rule)
    units = [Min("unit"), Max("unit")] if rule.metric else [Value(""), Value("")]
    # The manager's order would be grouped by as well.
    by_rule = found.visible_to(scope).order_by().annotate(of=Value(rule.pk)).values("of")
    return by_rule.annotate(many=Count("id"), first=units[0], last=units[1]).values_list(
        "of", "many", "first", "last"
    )
