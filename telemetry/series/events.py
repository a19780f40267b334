"""Announce series that an operator created, changed or deleted, so that open charts follow.

Connected in `TelemetryConfig.ready`. The bridge announces the series it makes by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from devices.events import announce, announce_all
from devices.models import Device
from telemetry.live.contract import event
from telemetry.models import Series
from telemetry.series.form import series_form


def announce_series(changed: Iterable[Series]) -> None:
    """After commit, one event for each device. Load the series with their devices."""
    by_device: dict[Device, list[dict[str, Any]]] = defaultdict(list)
    for series in changed:
        by_device[series.device].append(series_form(series))
    messages = [
        event("series", site=device.site_id, uid=device.uid, series=forms)
        for device, forms in by_device.items()
    ]
    transaction.on_commit(lambda: announce_all(messages))


@receiver(post_save, sender=Series, dispatch_uid="telemetry.series_saved")
def series_saved(instance: Series, raw: bool, **_kwargs: Any) -> None:
    if not raw:
        announce_series([instance])


@receiver(post_delete, sender=Series, dispatch_uid="telemetry.series_deleted")
def series_deleted(instance: Series, origin: Any, **_kwargs: Any) -> None:
    """Not when the whole device goes: its own event says it all."""
    model = origin.model if isinstance(origin, QuerySet) else type(origin)
    if model is Series:
        device = instance.device
        message = event(
            "series", site=device.site_id, uid=device.uid, series=[], deleted=[instance.pk]
        )
        transaction.on_commit(lambda: announce(message))
