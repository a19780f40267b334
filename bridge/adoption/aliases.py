"""Other uids that mean a device: each means one, and a device of that uid comes first."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.adoption.candidates import MAX_ALIASES
from bridge.models import Candidate
from devices import clock
from devices.models import Device, DeviceAlias


def keep(device_id: int, uids: Iterable[str]) -> list[str]:
    """Have the uids mean this device, where they mean no other; which do now. Who waits under one
    of them waits no more."""
    wanted = [uid for uid in dict.fromkeys(uids) if uid][:MAX_ALIASES]
    taken = Device.taken(wanted)
    there = dict(DeviceAlias.objects.filter(alias__in=wanted).values_list("alias", "device_id"))
    new = [uid for uid in wanted if uid not in taken and uid not in there]
    room = MAX_ALIASES - DeviceAlias.objects.filter(device_id=device_id).count() if new else 0
    new = new[: max(0, room)]
    if new:
        DeviceAlias.objects.bulk_create(
            [DeviceAlias(alias=uid, device_id=device_id) for uid in new], ignore_conflicts=True
        )
        Candidate.objects.filter(uid__in=new).delete()
        # So that every registry looks at it again.
        Device.objects.filter(pk=device_id).update(updated_at=clock.now())
    return new
