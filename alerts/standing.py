"""How an alert stands: what is open, what is taken care of, what is over; and in which order."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Case, Count, IntegerField, Max, Q, QuerySet, Value, When

from access.scope import Scope
from alerts.models import Alert, AlertRule, Severity

_RANK = Case(
    *(When(severity=each, then=Value(rank)) for rank, each in enumerate(Severity.values)),
    output_field=IntegerField(),
)
CURRENT = Q(cleared_at=None)
# An effect stands below its cause, and by itself once that is over.
BY_ITSELF = Q(cause=None) | Q(cause__cleared_at__isnull=False)


def taken(now: datetime) -> Q:
    """Somebody takes care of it, or has said when to ask again."""
    return Q(acknowledged_at__isnull=False) | Q(snoozed_until__gt=now)


def standing(state: str, now: datetime) -> Q:
    """Alerts of a tab: `open`, `acknowledged`, `past`; `current` are the first two; `all`."""
    return {
        "open": CURRENT & BY_ITSELF & ~taken(now),
        "acknowledged": CURRENT & BY_ITSELF & taken(now),
        "current": CURRENT & BY_ITSELF,
        "past": ~CURRENT,
        "all": Q(),
    }[state]


def worst_first(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    """By severity, then by how long they stand."""
    return alerts.order_by(_RANK.desc(), "started_at", "pk")


def newest_first(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    """In the order in which they were found."""
    return alerts.order_by("-pk")


def count_open(scope: Scope, now: datetime) -> dict[str, int]:
    """How many are open by severity, without those that a silence holds back."""
    told = Alert.objects.visible_to(scope).filter(standing("open", now), silenced=False)
    counted = dict(told.order_by().values_list("severity").annotate(Count("pk")))
    return {str(each): counted.get(each, 0) for each in Severity.values}


def quiet_since(scope: Scope) -> datetime | None:
    """When the last one cleared."""
    over = Alert.objects.visible_to(scope).filter(historic=False)
    return over.aggregate(last=Max("cleared_at"))["last"]


def is_watched() -> bool:
    """Whether any rule is judged at all, wherever."""
    return AlertRule.objects.filter(enabled=True).exists()
