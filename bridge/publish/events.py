"""The live events that follow from committed rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from bridge.commit.batch_rows import Committed
from devices.events import device_event
from devices.models import Device
from devices.registry import Registry
from devices.summary import device_summary
from telemetry.live import contract
from telemetry.series.facts import SeriesRow
from telemetry.series.form import series_form

MAX_QUARANTINE_EVENTS = 20  # of one batch
MAX_INBOX_UIDS = 20  # named in one event


def of_committed(done: Committed, registry: Registry) -> Iterator[dict[str, Any]]:
    """Events for new or changed series, changed connections and quarantined messages. A device
    that was removed meanwhile has none: its own event says it all."""
    yield from _series(done.changed_series, registry)
    yield from _devices(done)
    batch = done.rows.batch
    for device_id, (online, since_us) in done.result.connections.items():
        uid = registry.uid_of(device_id)
        if uid is None:
            continue
        yield contract.event(
            "presence",
            site=_site(registry, uid),
            uid=uid,
            device_id=device_id,
            connection="online" if online else "offline",
            since=since_us // 1_000,
        )
    for kept in batch.quarantined[:MAX_QUARANTINE_EVENTS]:
        yield contract.event(
            "quarantine",
            site=_site(registry, kept.uid),
            uid=kept.uid,
            topic=kept.topic,
            reason=kept.reason,
            detail=kept.detail,
            at=kept.received_us // 1_000,
        )


def _devices(done: Committed) -> Iterator[dict[str, Any]]:
    """Of devices that were adopted by themselves, and that others wait."""
    if done.rows.adopted:
        for device in Device.objects.filter(pk__in=done.rows.adopted).order_by("pk"):
            yield device_event("created", device_summary(device), device.site_id)
    new = [uid for uid, heard in done.rows.strangers.items() if heard.is_new]
    if new:
        yield contract.event("inbox", change="waiting", uids=new[:MAX_INBOX_UIDS])


def _series(changed: list[SeriesRow], registry: Registry) -> Iterator[dict[str, Any]]:
    by_device: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for series in changed:
        by_device[series.device_id].append(series_form(series))
    for device_id, forms in by_device.items():
        uid = registry.uid_of(device_id)
        if uid is not None:
            yield contract.event("series", site=_site(registry, uid), uid=uid, series=forms)


def _site(registry: Registry, uid: str) -> int | None:
    device = registry.known(uid)
    return None if device is None else device.site_id
