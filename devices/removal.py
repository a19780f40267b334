"""Deleting devices so that it can be undone: a removed device is out of everybody's sight, with its
series, readings, rules and token, until it is restored or the time for that is over.

What it sends meanwhile goes into quarantine and is stored once it is restored
(`bridge/quarantine/late_registration.py`). All of it is rows, so it survives a closed page and a
restart, and who does the same at the same time waits for a lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction

from access.scope import ScopedQuerySet
from devices import clock, signals
from devices.changes import announce_devices, announce_removed
from devices.models import Device

KEPT = timedelta(days=7)  # after which a removed device is deleted in earnest
CHUNK = 50  # devices deleted in one transaction: each takes its series along


class Outcome(NamedTuple):
    """What became of the devices that were named."""

    devices: list[Device]  # that are now as wanted, those that were so before included
    missing: list[str]  # uids that no device has


def remove(visible: ScopedQuerySet[Device], uids: Sequence[str], by: Any) -> Outcome:
    """Remove those of the devices, removed ones among them, that have these uids."""
    with transaction.atomic():
        outcome = _locked(visible, uids)
        new = [device for device in outcome.devices if device.removed_at is None]
        _write(new, clock.now(), by if by.is_authenticated else None)
        announce_removed(new, kept=True)
        signals.tell("removed", new, by)
    return outcome


def restore(visible: ScopedQuerySet[Device], uids: Sequence[str], by: Any) -> Outcome:
    """Have them back as they were."""
    with transaction.atomic():
        outcome = _locked(visible, uids)
        back = [device for device in outcome.devices if device.removed_at is not None]
        _write(back, None, None)
        announce_devices("created", [device.pk for device in back])
        signals.tell("restored", back, by)
    return outcome


def delete_overdue(now: datetime) -> int:
    """Delete in earnest what was removed long enough ago; how many devices. Who is just being
    restored is passed over."""
    overdue = Device.with_removed.filter(removed_at__lt=now - KEPT)
    gone = 0
    while True:
        with transaction.atomic():
            rows = overdue.select_for_update(skip_locked=True).order_by("pk")
            devices = list(rows[:CHUNK])
            if not devices:
                return gone
            signals.tell("deleted", devices, None)
            Device.with_removed.filter(pk__in=[device.pk for device in devices]).delete()
        gone += len(devices)


def _locked(visible: ScopedQuerySet[Device], uids: Sequence[str]) -> Outcome:
    rows = visible.filter(uid__in=uids).select_for_update().order_by("pk")  # one order everywhere
    found = list(rows)
    there = {device.uid for device in found}
    return Outcome(found, [uid for uid in dict.fromkeys(uids) if uid not in there])


def _write(devices: Sequence[Device], at: datetime | None, by: Any) -> None:
    now = clock.now()  # the stamp tells the bridge's registry
    for device in devices:
        device.removed_at, device.removed_by, device.updated_at = at, by, now
    rows = Device.with_removed.filter(pk__in=[device.pk for device in devices])
    rows.update(removed_at=at, removed_by=by, updated_at=now)
