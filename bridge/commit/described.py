"""What a device says of itself, as it is kept in `Device.metadata["described"]`."""

from __future__ import annotations

from typing import Any

from bridge.decode.items import Described, Discovered
from devices.models import Device

MAX_FACT = 200  # characters of what a device says of itself


def facts_of(item: Described | Discovered) -> dict[str, Any]:
    """What the item says of its device."""
    if isinstance(item, Discovered):
        return {"gateway": item.gateway}
    said: dict[str, Any] = {
        "name": item.name,
        "manufacturer": item.manufacturer,
        "model": item.model,
        "firmware": item.firmware,
        "area": item.area,
    }
    said = {name: text[:MAX_FACT] for name, text in said.items() if text}
    if item.expires_after_s and not item.metric:
        said["expires_after_s"] = item.expires_after_s
    return said


def describe(device_id: int, said: dict[str, Any]) -> None:
    """Keep it, where it overwrites nothing that an operator wrote. Locks the device's row."""
    device = Device.objects.select_for_update().filter(pk=device_id).first() if said else None
    if device is None or not isinstance(device.metadata, dict):
        return
    before = device.metadata.get("described")
    described = {**before, **said} if isinstance(before, dict) else said
    if described != before:
        device.metadata["described"] = described
        device.save(update_fields=["metadata", "updated_at"])
