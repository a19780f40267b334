"""The one form of an alert: how REST and the live event begin one."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet

from alerts.models import Alert
from telemetry.moments import ms_if_any


def with_all(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    """With what the form shows, in one query."""
    return alerts.select_related(
        "site", "device", "series", "acknowledged_by", "assignee"
    ).annotate(
        effects_count=Count("effects", distinct=True),
        comments_count=Count("events", filter=Q(events__kind="commented"), distinct=True),
    )


def alert_form(alert: Alert) -> dict[str, Any]:
    """docs/live-protocol.md. Load with `with_all`. What it was about is named as it was when it
    fired; `device` is there as long as one can be opened."""
    site, device, series = alert.site, alert.device, alert.series
    return {
        "id": alert.pk,
        "severity": str(alert.severity),
        "sentence": alert.sentence,
        "said": alert.said,
        "rule": alert.rule_id,
        "rule_name": alert.rule_name,
        "site": None if site is None else {"slug": site.slug, "name": site.name},
        "device": None if device is None else device.uid,
        "device_name": alert.device_name,
        "uid": alert.uid,
        "series": alert.series_id,
        "metric": alert.metric,
        "unit": alert.unit,
        "kind": None if series is None else str(series.kind),
        "precision": None if series is None else series.precision,
        "started": ms_if_any(alert.started_at),
        "fired": ms_if_any(alert.fired_at),
        "cleared": ms_if_any(alert.cleared_at),
        "value": alert.value,
        "worst": alert.worst,
        "limit": alert.limit,
        "worsened": ms_if_any(alert.worsened_at),
        "historic": alert.historic,
        "flaps": alert.flaps,
        "cause": alert.cause_id,
        "effects": alert.effects_count,  # type: ignore[attr-defined]  # annotated
        "comments": alert.comments_count,  # type: ignore[attr-defined]  # annotated
        "acknowledged": ms_if_any(alert.acknowledged_at),
        "acknowledged_by": _name(alert.acknowledged_by),
        "assignee": _name(alert.assignee),
        "snoozed_until": ms_if_any(alert.snoozed_until),
        "silenced": alert.silenced,
        "runbook": alert.runbook,
        "labels": alert.labels,
    }


def _name(user: Any) -> str | None:
    return None if user is None else user.get_username()
