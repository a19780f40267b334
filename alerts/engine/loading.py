"""What is remembered of targets, read from and written to their rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db.models import F, Max, Q
from django.db.models.functions import Mod

from alerts.conditions import Memory
from alerts.engine.fleet import Place
from alerts.engine.processes import SHARES
from alerts.engine.target import Target
from alerts.models import Alert, AlertRule, TargetState
from telemetry.moments import to_us

BATCH = 1_000  # rows written in one statement


class Loaded(NamedTuple):
    """A share as it stands."""

    targets: list[Target]
    changed: list[Target]  # among them, those whose rule was changed since they were judged
    gone: list[int]  # rows of what is no target any more
    ended: list[tuple[Alert, str]]  # open alerts of what is no target any more, and why


def load(places: Sequence[Place], share: int) -> Loaded:
    """The targets at these places with what is remembered of them."""
    rows = {
        (row.rule_id, row.device_id, row.series_id or 0): row
        for row in TargetState.objects.annotate(share=Mod(F("device_id"), SHARES))
        .filter(share=share)
        .select_related("alert")
    }
    targets, changed = [], []
    alerted = _alerted(share)
    for place in places:
        interval_us = round(place.device.interval * 1e6)
        target = Target(place, place.rule.condition.fitted(interval_us), Memory())
        row = rows.pop(place.key, None)
        if row is not None:
            target.is_stored = True
            alert = row.alert
            if alert is not None:
                target.alert = alert.pk
                target.is_open = alert.cleared_at is None
                target.is_worse = alert.worsened_at is not None
                target.is_historic = alert.historic and target.is_open
                target.cleared_us = None if alert.cleared_at is None else to_us(alert.cleared_at)
            if row.revision == place.rule.row.revision:
                target.memory = Memory.of_json(row.memory)
            else:
                target.is_stored = False
                changed.append(target)
        target.alerted_us = alerted.get(place.key, 0)
        targets.append(target)
    return Loaded(targets, changed, [row.pk for row in rows.values()], _ended(targets, share))


def store(targets: Sequence[Target], now_us: int) -> None:
    """Write what is remembered of these."""
    if not targets:
        return
    rows = [
        TargetState(
            rule_id=target.place.rule.id,
            device_id=target.place.device.id,
            series_id=target.place.series.id if target.place.series else None,
            revision=target.place.rule.row.revision,
            memory=target.memory.to_json(),
            alert_id=target.alert,
        )
        for target in targets
    ]
    TargetState.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["rule", "device", "series"],
        update_fields=["revision", "memory", "alert"],
    )
    for target in targets:
        target.is_stored, target.stored_us = True, now_us


def forget(rows: Sequence[int]) -> None:
    """Delete the rows of what is no target any more."""
    if rows:
        TargetState.objects.filter(pk__in=rows).delete()


def _alerted(share: int) -> dict[tuple[int, int, int], int]:
    """When the last alert of each target cleared."""
    found = (
        Alert.objects.annotate(share=Mod(F("device_id"), SHARES))
        .filter(share=share, rule__isnull=False, cleared_at__isnull=False)
        .order_by()
        .values_list("rule_id", "device_id", "series_id")
        .annotate(last=Max("cleared_at"))
    )
    return {(rule, device, series or 0): to_us(last) for rule, device, series, last in found}


def _ended(targets: Sequence[Target], share: int) -> list[tuple[Alert, str]]:
    """Open alerts of this share that no target has. One whose device is gone is the first share's;
    those of whole sites are nobody's here."""
    held = {target.alert for target in targets if target.is_open}
    ours = Q(share=share) | (Q(device=None) if share == 0 else Q(pk=None))
    found = Alert.objects.annotate(share=Mod(F("device_id"), SHARES)).filter(
        ours, cleared_at=None
    ).exclude(uid="")  # fmt: skip
    left = [alert for alert in found.select_related("rule", "device") if alert.pk not in held]
    return [(alert, _why(alert)) for alert in left]


def _why(alert: Alert) -> str:
    rule: AlertRule | None = alert.rule
    device: Any = alert.device
    if rule is None:
        return "The rule was deleted."
    if not rule.enabled:
        return "The rule was disabled."
    if device is None or device.removed_at is not None:
        return "The device was deleted."
    if not device.enabled:
        return "The device was disabled."
    if alert.metric and alert.series_id is None:
        return "The series was deleted."
    return "The rule is no longer for it."
