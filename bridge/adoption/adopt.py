"""Make devices of what was heard of candidates."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from bridge.adoption import aliases, guess
from bridge.errors import BridgeError
from bridge.models import Candidate
from devices.api.conflict import is_taken
from devices.models import Device, Presence, Site
from telemetry.models import Series
from telemetry.series.facts import MAX_LABEL, MAX_PRECISION, MAX_UNIT, kind_of

MAX_NAME = 120  # characters of a device's name


class Taken(BridgeError):
    """A device of this uid is registered already."""


def device_of(row: Candidate, *, name: str = "", site: Site | None = None) -> Device:
    """The device, not saved."""
    said = {**row.described, "gateway": row.gateway} if row.gateway else row.described
    device = Device(
        uid=row.uid,
        name=(name or said.get("name") or row.uid)[:MAX_NAME],
        site=site,
        kind=guess.kind_of(row.metrics),
        convention=row.convention,
        metadata={"described": said} if said else {},
    )
    seconds = (row.last_at - row.first_at).total_seconds()
    interval = guess.interval_of(row.messages, seconds, said.get("expires_after_s") or 0)
    if interval is not None:
        device.expected_interval = interval
    return device


def adopt(row: Candidate, *, name: str = "", site: Site | None = None) -> Device:
    """Register the candidate with all that is known of it. What it sent is in quarantine: replay
    that. Raises `Taken`."""
    try:
        with transaction.atomic():
            device = device_of(row, name=name, site=site)
            device.save()
            Series.objects.bulk_create(_series(device, row.metrics))
            if row.online is not None:
                said = Presence.Connection.ONLINE if row.online else Presence.Connection.OFFLINE
                Presence.objects.create(
                    device=device, connection=said, connection_since=row.last_at
                )
            aliases.keep(device.pk, row.aliases)
            row.delete()
    except IntegrityError as exc:
        if not is_taken(exc):
            raise
        raise Taken(f"a device {row.uid!r} is registered already") from exc
    return device


def _series(device: Device, metrics: dict[str, dict[str, Any]]) -> list[Series]:
    """Those of which the device said more than a value."""
    return [
        Series(
            device=device,
            metric=metric,
            unit=about.get("unit", "")[:MAX_UNIT],
            kind=_kind(about),
            label=about.get("label", "")[:MAX_LABEL],
            quantity=about.get("quantity", "")[:MAX_UNIT],
            precision=_precision(about),
        )
        for metric, about in metrics.items()
        if about.keys() - {"value"}
    ]


def _kind(about: dict[str, Any]) -> str:
    said = about.get("kind", "")
    return said if said in Series.Kind.values else kind_of(about.get("value", 0.0))


def _precision(about: dict[str, Any]) -> int | None:
    said = about.get("precision")
    return said if said is not None and 0 <= said <= MAX_PRECISION else None
