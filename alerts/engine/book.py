"""What one transaction writes of alerts: rows, their history, who is to hear of it, and the log; in
a few statements however many there are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from alerts import logged, silences
from alerts.events import announce_alerts
from alerts.models import Alert, AlertEvent, Silence
from notifications import occasions
from notifications.content import Content
from telemetry.moments import from_us

BATCH = 1_000  # rows written in one statement
Kind = AlertEvent.Kind

# What the engine changes of an alert that is there; all else is people's.
OURS = (
    "started_at",
    "cleared_at",
    "value",
    "worst",
    "limit",
    "sentence",
    "said",
    "historic",
    "flaps",
    "silenced",
    "severity",
    "worsened_at",
    "updated_at",
)


# Types of conditions that say that a device as a whole is gone, where they name no metric.
WHOLE = ("offline", "silent")


class Event(NamedTuple):
    alert: Alert
    kind: str
    at: datetime
    detail: dict[str, Any]


class Book:
    """What one transaction writes of alerts."""

    def __init__(self, now_us: int) -> None:
        self.now_us = now_us
        self.now = from_us(now_us)
        self._new: list[Alert] = []
        self._changed: dict[int, Alert] = {}
        self._events: list[Event] = []
        self._told: list[tuple[Alert, str, str]] = []
        self._logged: list[tuple[Alert, str, str]] = []
        self._silences: list[Silence] | None = None

    def add(self, alert: Alert) -> None:
        self._new.append(alert)

    def change(self, alert: Alert) -> None:
        """One that is there already, or is added in this transaction."""
        if alert.pk is not None:
            self._changed[alert.pk] = alert

    def note(self, alert: Alert, kind: str, at: datetime | None = None, **detail: Any) -> None:
        self._events.append(Event(alert, kind, at or self.now, detail))

    def tell(self, alert: Alert, what: str, more: str = "") -> None:
        """Unless nobody is to be told of it. In the log it is, but for what is part of another."""
        if not alert.cause_id:
            self.log(alert, what, more)
        if not (alert.historic or alert.silenced or alert.cause_id):
            self._told.append((alert, what, more))

    def log(self, alert: Alert, what: str, more: str = "") -> None:
        self._logged.append((alert, what, more))

    def is_silenced(self, alert: Alert) -> bool:
        if self._silences is None:
            self._silences = silences.holding(self.now)
        where = {"site": alert.site_id, "device": alert.device_id, "rule": alert.rule_id}
        return any(silences.fits(each, **where) for each in self._silences)

    def write(self) -> None:
        Alert.objects.bulk_create(self._new, batch_size=BATCH)
        for alert in self._changed.values():
            alert.updated_at = self.now
        self._update()
        rows = [
            AlertEvent(alert=each.alert, kind=each.kind, at=each.at, detail=each.detail)
            for each in self._events
        ]
        AlertEvent.objects.bulk_create(rows, batch_size=BATCH)
        if self._told:
            occasions.tell_all(
                [
                    (f"alert-{alert.pk}-{what}{more}", what, content(alert))
                    for alert, what, more in self._told
                ]
            )
        logged.note_all(self._logged)
        announce_alerts([alert.pk for alert in (*self._new, *self._changed.values())])

    def _update(self) -> None:
        """As rows that are there already, for each is locked: of many `bulk_update` makes one
        expression for each field of each, which takes ten times as long."""
        Alert.objects.bulk_create(
            self._changed.values(),
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=OURS,
        )


def waits(alert: Alert) -> bool:
    """Whether it is told of only once it is clear that it is not its whole site's."""
    rule = alert.rule
    return not alert.metric and rule is not None and rule.condition.get("type") in WHOLE


def content(alert: Alert) -> Content:
    """What is told of it."""
    return Content(
        alert_id=alert.pk,
        severity=alert.severity,
        sentence=alert.sentence,
        said=alert.said,
        rule=alert.rule_name,
        device=alert.device_name,
        uid=alert.uid,
        site_id=alert.site_id,
        site=alert.site.name if alert.site is not None else "",
        metric=alert.metric,
        value=alert.value,
        unit=alert.unit,
        limit=alert.limit,
        labels={str(name): str(value) for name, value in alert.labels.items()},
        started_at=alert.started_at,
        cleared_at=alert.cleared_at,
        runbook=alert.runbook,
    )


def locked(ids: Iterable[Any]) -> dict[int, Alert]:
    found = list(ids)
    if not found:
        return {}
    rows = Alert.objects.select_for_update(of=("self",)).select_related("site", "rule")
    return {row.pk: row for row in rows.filter(pk__in=found).order_by("pk")}
