"""Two uids turn out to be one device, or a device gets another uid: its history goes on."""

from __future__ import annotations

from django.db import transaction

from bridge.adoption import aliases
from bridge.errors import BridgeError
from bridge.models import Candidate
from devices.models import Device, DeviceAlias
from telemetry.models import Series
from telemetry.series.events import announce_series

MAX_TOLD = 50  # metrics named of those that collide


class Collision(BridgeError):
    """Both devices have a series of these metrics; `metrics` names them."""

    def __init__(self, metrics: list[str]) -> None:
        super().__init__(f"both have {', '.join(metrics[:3])}")
        self.metrics = metrics[:MAX_TOLD]


class Taken(BridgeError):
    """Another device has this uid, or is meant by it."""


def merge(device: Device, other: Device) -> list[str]:
    """Move the series of the other device here, have its uids mean this one, and delete it; the
    metrics moved. Raises `Collision`, and then nothing has changed."""
    with transaction.atomic():
        _lock(device, other)
        mine = set(device.series.values_list("metric", flat=True))
        moving = list(other.series.order_by("id"))
        if both := sorted({each.metric for each in moving} & mine):
            raise Collision(both)
        Series.objects.filter(device=other).update(device=device)
        DeviceAlias.objects.filter(device=other).update(device=device)
        uid = other.uid
        # Read anew: what is remembered of its series would be deleted with it.
        Device.objects.get(pk=other.pk).delete()
        DeviceAlias.objects.create(alias=uid, device=device)
        Candidate.objects.filter(uid=uid).delete()
        touch(device)
        if moving:
            announce_series(Series.objects.filter(pk__in=[each.pk for each in moving]))
    return [each.metric for each in moving]


def rename(device: Device, uid: str) -> str:
    """Give the device this uid; the one it had, which means it from now on. Raises `Taken`."""
    with transaction.atomic():
        _lock(device)
        if uid == device.uid:
            return uid
        alias = DeviceAlias.objects.filter(alias=uid).first()
        if Device.taken([uid]) or (alias is not None and alias.device_id != device.pk):
            raise Taken(f"{uid!r} is another device")
        if alias is not None:
            alias.delete()
        before, device.uid = device.uid, uid
        device.save(update_fields=["uid", "updated_at"])
        DeviceAlias.objects.create(alias=before, device=device)
        Candidate.objects.filter(uid=uid).delete()
        return before


def take_in(device: Device, row: Candidate) -> None:
    """Have the candidate's uids mean this device. What it sent is in quarantine: replay that."""
    with transaction.atomic():
        row = Candidate.objects.select_for_update().get(pk=row.pk)  # it may be taken by now
        uid, others = row.uid, row.aliases
        row.delete()
        aliases.keep(device.pk, [uid, *others])
        touch(device)


def touch(device: Device) -> None:
    """So that every registry, and every page, looks at it again."""
    device.save(update_fields=["updated_at"])


def _lock(*devices: Device) -> None:
    """With the uids they have by now. Raises `Device.DoesNotExist` when one is gone."""
    ids = [device.pk for device in devices]
    rows = Device.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    uids = dict(rows.values_list("pk", "uid"))
    for device in devices:
        if device.pk not in uids:
            raise Device.DoesNotExist
        device.uid = uids[device.pk]
