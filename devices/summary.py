"""The short form of a device that lists and live events show."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from devices.models import Device, Presence
from devices.thresholds import KEY, told_thresholds


def unix_ms(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)


def presence_form(device: Device) -> dict[str, Any]:
    """What is known of its connection. Queries unless loaded with `select_related("presence")`."""
    try:
        row = device.presence
    except Presence.DoesNotExist:  # registered, and the bridge has not heard it yet
        return {
            "connection": Presence.Connection.UNKNOWN.value,
            "since": None,
            "last_seen": None,
            "lead": 0,
            "clock_replaced": None,
        }
    return {
        "connection": str(row.connection),
        "since": unix_ms(row.connection_since),
        "last_seen": unix_ms(row.last_seen_at),
        "lead": row.clock_lead or 0,
        "clock_replaced": unix_ms(row.clock_replaced_at),
    }


def position_of(device: Device) -> list[float] | None:
    """Latitude and longitude in degrees, where both are known."""
    if device.latitude is None or device.longitude is None:
        return None
    return [device.latitude, device.longitude]


def device_summary(device: Device) -> dict[str, Any]:
    """One device as fleet lists and `device` events carry it (docs/live-protocol.md).

    Load with `select_related("site", "presence")`; otherwise each device costs two queries. What
    stands under `KEY` of its metadata may be loaded alone, as `lines`.
    """
    site = device.site
    lines = device.lines if hasattr(device, "lines") else device.metadata.get(KEY)
    return {
        "id": device.pk,
        "uid": device.uid,
        "name": device.name,
        "site": None if site is None else {"slug": site.slug, "name": site.name},
        "kind": device.kind,
        "tags": list(device.tags),
        "enabled": device.enabled,
        "expected_interval": device.expected_interval,
        "location": device.location,
        "position": position_of(device),
        "presence": presence_form(device),
        "thresholds": told_thresholds(lines),
    }
