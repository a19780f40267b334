"""`alerts/`: what stands and what stood, one with its history, and what a span says of itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.scope import Scope
from alerts import standing
from alerts.api.shapes import AlertDetailShape, AlertsShape, StatisticsShape
from alerts.engine.health import not_judged_since
from alerts.form import alert_form, with_all
from alerts.models import Alert, AlertEvent, Severity
from alerts.statistics import statistics
from devices import clock
from telemetry.api import parameters as query
from telemetry.models import Series
from telemetry.moments import from_ms, ms_if_any, to_ms

LIMIT, MAX_LIMIT = 100, 500  # alerts of one answer
MAX_EVENTS = 500  # of one alert, the newest
MAX_EARLIER = 10  # alerts of the same rule and target
MAX_EFFECTS = 100  # alerts
MAX_SEARCH = 200  # characters
MAX_SERIES = 100  # that one answer is asked for
DAYS, MAX_DAYS = 7, 366  # of statistics
STATES = ("current", "open", "acknowledged", "past", "all")
PARAMETERS = {
    "state", "severity", "site", "device", "series", "rule", "cause", "search", "from", "to",
    "before", "limit",
}  # fmt: skip


class AlertsView(APIView):
    @extend_schema(
        operation_id="alerts_list",
        summary="List alerts",
        description=(
            "`current`, `open` and `acknowledged`: worst first, then by how long they stand; an"
            " effect is left out while its cause stands. `past` and `all`: newest first; the next"
            " page begins `before` the last id of this one."
        ),
        tags=["Alerts"],
        parameters=[
            query.described("state", f"One of {', '.join(STATES)}; without it, current."),
            query.described("severity", "Exactly this severity."),
            query.described("site", "A site's slug."),
            query.described("device", "A device's uid."),
            query.described(
                "series",
                f"Of these series, or of their devices as a whole: at most {MAX_SERIES} ids"
                " with commas between.",
            ),
            query.described("rule", "A rule's id.", int),
            query.described("cause", "Effects of the alert with this id.", int),
            query.described("search", "All of these words in sentence, device, metric or rule."),
            query.described("from", "Those that stood then or later: Unix ms or ISO 8601."),
            query.described("to", "Those that began before: Unix ms or ISO 8601."),
            query.described("before", "Those with a lower id.", int),
            query.described("limit", f"At most this many: 1 to {MAX_LIMIT}.", int),
        ],
        responses=AlertsShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, PARAMETERS)
        scope, now = Scope.of(request), clock.now()
        limit = query.integer(request, "limit", LIMIT, least=1, most=MAX_LIMIT)
        state = query.one_of(request, "state", STATES) or "current"
        found = _filtered(request, Alert.objects.visible_to(scope)).filter(
            standing.standing(state, now)
        )
        ordered = standing.newest_first if state in ("past", "all") else standing.worst_first
        shown = list(ordered(with_all(found))[:limit])
        return Response(
            {
                "now": to_ms(now),
                "total": len(shown) if len(shown) < limit else found.count(),
                "open": standing.count_open(scope, now),
                "quiet_since": ms_if_any(standing.quiet_since(scope)),
                "watched": standing.is_watched(),
                "not_judged_since": ms_if_any(not_judged_since()),
                "alerts": [alert_form(each) for each in shown],
            }
        )


class AlertView(APIView):
    @extend_schema(
        operation_id="alerts_get",
        summary="One alert with its history",
        tags=["Alerts"],
        responses=AlertDetailShape,
    )
    def get(self, request: Request, alert_id: int) -> Response:
        query.known(request, ())
        visible = Alert.objects.visible_to(Scope.of(request))
        alert = get_object_or_404(with_all(visible), pk=alert_id)
        events = AlertEvent.objects.visible_to(Scope.of(request)).filter(alert=alert)
        newest = events.select_related("by").order_by("-id")[:MAX_EVENTS]
        effects = standing.worst_first(with_all(visible.filter(cause=alert)))
        device = alert.device
        return Response(
            {
                "now": clock.now_ms(),
                "alert": alert_form(alert),
                "expected_interval": None if device is None else device.expected_interval,
                "events": [_event(each) for each in reversed(newest)],
                "earlier": [alert_form(each) for each in _earlier(visible, alert)],
                "effects": [alert_form(each) for each in effects[:MAX_EFFECTS]],
            }
        )


class StatisticsView(APIView):
    @extend_schema(
        operation_id="alerts_statistics",
        summary="What fired most often, and how soon somebody came",
        tags=["Alerts"],
        parameters=[query.described("days", f"The last days: 1 to {MAX_DAYS}; {DAYS}.", int)],
        responses=StatisticsShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, {"days"})
        days = query.integer(request, "days", DAYS, least=1, most=MAX_DAYS)
        now = clock.now()
        found = statistics(Scope.of(request), now - timedelta(days=days), now, now)
        named = {
            "rules": [each._asdict() for each in found.rules],
            "devices": [each._asdict() for each in found.devices],
        }
        return Response({"now": to_ms(now), **found._asdict(), **named})


def _filtered(request: Request, alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    named = {
        "severity": query.one_of(request, "severity", Severity.values),
        "site__slug": query.text(request, "site"),
        "device__uid": query.text(request, "device"),
        "rule": query.row_id(request, "rule"),
        "cause": query.row_id(request, "cause"),
        "pk__lt": query.row_id(request, "before"),
    }
    alerts = alerts.filter(**{name: value for name, value in named.items() if value})
    if query.text(request, "series"):
        ids = query.series_ids(request, "series", MAX_SERIES)
        ours = Series.objects.visible_to(Scope.of(request)).filter(pk__in=ids)
        alerts = alerts.filter(Q(series__in=ids) | Q(metric="", device__in=ours.values("device")))
    for word in _words(request):
        alerts = alerts.filter(
            Q(sentence__icontains=word)
            | Q(device_name__icontains=word)
            | Q(uid__icontains=word)
            | Q(metric__icontains=word)
            | Q(rule_name__icontains=word)
        )
    if (start := query.milliseconds(request, "from")) is not None:
        alerts = alerts.filter(Q(cleared_at=None) | Q(cleared_at__gte=from_ms(start)))
    if (stop := query.milliseconds(request, "to")) is not None:
        alerts = alerts.filter(started_at__lt=from_ms(stop))
    return alerts


def _words(request: Request) -> list[str]:
    text = query.text(request, "search")
    if len(text) > MAX_SEARCH:
        query.refuse("search", f"At most {MAX_SEARCH} characters.")
    return text.split()


def _earlier(visible: QuerySet[Alert], alert: Alert) -> QuerySet[Alert]:
    """Of the same rule and target. A rule or target that is gone has no more history to compare."""
    same = visible.filter(
        rule_name=alert.rule_name, uid=alert.uid, metric=alert.metric, pk__lt=alert.pk
    )
    return standing.newest_first(with_all(same))[:MAX_EARLIER]


def _event(event: AlertEvent) -> dict[str, Any]:
    return {
        "id": event.pk,
        "kind": str(event.kind),
        "at": ms_if_any(event.at),
        "by": None if event.by is None else event.by.get_username(),
        "detail": event.detail,
    }
