"""Notice every committed change of devices and sites, through REST, the admin or a shell, and
announce it. Connected in `DevicesConfig.ready`; writes without signals call `announce_devices`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver

from devices.events import Change, announce_after_commit, device_event, site_event
from devices.models import Device, Site
from devices.summary import device_summary

MAX_ANNOUNCED = 2_000  # devices of one site change; pages read the rest when they next load
ANNOUNCE_CHUNK = 500  # devices read at a time


def announce_devices(change: Change, device_ids: Iterable[int], left: int | None = None) -> None:
    """After commit, announce devices in the form they then have. `left`: the id of the site they
    stood at before."""
    ids = list(device_ids)
    announce_after_commit(lambda: _events(change, ids, left))


def announce_moved(devices: Iterable[Device], left: Mapping[int, int | None]) -> None:
    """After commit, announce changed devices; `left`: the site that each stood at before. Who sees
    that one, and not where the device is now, is told that it is gone."""
    by_site: dict[int | None, list[int]] = defaultdict(list)
    for device in devices:
        was = left[device.pk]
        by_site[was if was != device.site_id else None].append(device.pk)
    for site, ids in by_site.items():
        announce_devices("changed", ids, site)


def announce_removed(devices: Iterable[Device], *, kept: bool) -> None:
    """After commit, that these are gone; `kept`: they can be had back."""
    messages = [_gone(device, kept) for device in devices]
    announce_after_commit(lambda: messages)


def _gone(device: Device, kept: bool) -> dict[str, Any]:
    named = {"id": device.pk, "uid": device.uid, "kept": kept}
    return device_event("deleted", named, device.site_id)


def _events(change: Change, ids: Sequence[int], left: int | None) -> Iterator[dict[str, Any]]:
    rest = iter(ids)
    while chunk := list(islice(rest, ANNOUNCE_CHUNK)):
        found = (
            Device.objects.filter(pk__in=chunk).select_related("site", "presence").order_by("pk")
        )
        for each in found:
            yield device_event(change, device_summary(each), each.site_id, left)


@receiver(pre_save, sender=Device, dispatch_uid="devices.device_about_to_be_saved")
def device_about_to_be_saved(instance: Device, raw: bool, **_kwargs: Any) -> None:
    """Where it stands until then."""
    if not raw:
        before = Device.objects.filter(pk=instance.pk).values_list("site_id", flat=True).first()
        instance.left = before


@receiver(post_save, sender=Device, dispatch_uid="devices.device_saved")
def device_saved(instance: Device, created: bool, raw: bool, **_kwargs: Any) -> None:
    if not raw:
        left = instance.left if instance.left != instance.site_id else None
        announce_devices("created" if created else "changed", [instance.pk], left)


@receiver(post_delete, sender=Device, dispatch_uid="devices.device_deleted")
def device_deleted(instance: Device, **_kwargs: Any) -> None:
    announce_removed([instance], kept=False)


@receiver(post_save, sender=Site, dispatch_uid="devices.site_saved")
def site_saved(instance: Site, created: bool, raw: bool, **_kwargs: Any) -> None:
    """Its devices show its name and slug."""
    if raw:
        return
    _announce_site("created" if created else "changed", instance)
    if not created:
        announce_devices("changed", _device_ids(instance))


@receiver(pre_delete, sender=Site, dispatch_uid="devices.site_deleted")
def site_deleted(instance: Site, **_kwargs: Any) -> None:
    """Before the delete, while its devices can still be found; announced after the commit."""
    announce_devices("changed", _device_ids(instance), left=instance.pk)
    _announce_site("deleted", instance)


def _announce_site(change: Change, site: Site) -> None:
    message = site_event(change, {"slug": site.slug, "name": site.name}, site.pk)
    announce_after_commit(lambda: [message])


def _device_ids(site: Site) -> Iterable[int]:
    return site.devices.order_by("pk").values_list("pk", flat=True)[:MAX_ANNOUNCED]
