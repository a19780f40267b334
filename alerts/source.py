"""What notifications ask about alerts, which they stand below."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from access.scope import EVERYTHING
from alerts import actions
from alerts.events import announce_alerts
from alerts.models import Alert, AlertEvent
from devices import clock
from notifications.standing import Standing
from telemetry.series.worded import worded


class Alerts:
    """A `notifications.standing.Source`."""

    def standings(self, alert_ids: Iterable[int], *, lock: bool = False) -> dict[int, Standing]:
        alerts = Alert.objects.filter(pk__in=list(alert_ids)).order_by("pk")
        if lock:
            alerts = alerts.select_for_update(of=("self",))
        return {
            alert.pk: Standing(
                sentence=worded(alert.said, alert.sentence),
                severity=alert.severity,
                started_at=alert.started_at,
                cleared_at=alert.cleared_at,
                acknowledged_at=alert.acknowledged_at,
                acknowledged_by=str(alert.acknowledged_by or ""),
                snoozed_until=alert.snoozed_until,
                silenced=alert.silenced,
                said=alert.said,
            )
            for alert in alerts.select_related("acknowledged_by")
        }

    def acknowledge(self, alert_id: int, by: Any, via: str) -> None:
        # Whoever has the link was told of the alert: it is in their sight.
        actions.acknowledge(alert_id, EVERYTHING, by, via=via)

    def note(self, lines: Mapping[int, tuple[str, str]]) -> None:
        now = clock.now()
        AlertEvent.objects.bulk_create(
            AlertEvent(alert_id=alert_id, kind=AlertEvent.Kind(kind), at=now, detail={"text": text})
            for alert_id, (kind, text) in lines.items()
        )
        announce_alerts(lines)
