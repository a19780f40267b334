"""Announce series that an operator created, changed or deleted, so that open charts follow.

Connected in `TelemetryConfig.ready`. The bridge announces the series it makes by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import receiver

from devices.events import announce_after_commit
from devices.models import Device
from devices.signals import Act, device_acted
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
    announce_after_commit(lambda: messages)


@receiver(post_save, sender=Series, dispatch_uid="telemetry.series_saved")
def series_saved(instance: Series, raw: bool, **_kwargs: Any) -> None:
    if not raw:
        announce_series([instance])


@receiver(post_delete, sender=Series, dispatch_uid="telemetry.series_deleted")
def series_deleted(instance: Series, origin: Any, **_kwargs: Any) -> None:
    """Not when the whole device goes: then all are told of at once."""
    model = origin.model if isinstance(origin, QuerySet) else type(origin)
    if model is Series:
        _announce_deleted(instance.device, [instance.pk])


@receiver(pre_delete, sender=Device, dispatch_uid="telemetry.series_of_device_deleted")
def device_about_to_be_deleted(instance: Device, **_kwargs: Any) -> None:
    """Before that, while its series can still be found; announced after the commit."""
    if ids := list(instance.series.order_by("pk").values_list("pk", flat=True)):
        _announce_deleted(instance, ids)


@receiver(device_acted, dispatch_uid="telemetry.series_of_devices_removed")
def devices_removed_or_restored(act: Act, devices: Sequence[Device], **_kwargs: Any) -> None:
    """Its series go out of sight and come back with it."""
    theirs = Series.with_removed.filter(device__in=devices).order_by("device_id", "pk")
    if act == "removed":
        by_device: dict[int, list[int]] = defaultdict(list)
        for device_id, series_id in theirs.values_list("device_id", "pk"):
            by_device[device_id].append(series_id)
        for device in devices:
            if device.pk in by_device:
                _announce_deleted(device, by_device[device.pk])
    elif act == "restored":
        announce_series(theirs.select_related("device"))


def _announce_deleted(device: Device, ids: list[int]) -> None:
    message = event("series", site=device.site_id, uid=device.uid, series=[], deleted=ids)
    announce_after_commit(lambda: [message])
