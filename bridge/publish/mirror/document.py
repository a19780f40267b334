"""The discovery document of a device, as Home Assistant's MQTT integration reads it: its device
form, where one document names all entities of a device. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from bridge.publish.mirror import topics
from bridge.publish.mirror.classes import class_of, state_class_of, unit_of

ORIGIN = {"name": "Pulseboard"}


class Shown(NamedTuple):
    """One series, as it is announced."""

    metric: str
    unit: str
    kind: str
    precision: int | None
    label: str
    quantity: str

    @property
    def platform(self) -> str:
        """Which kind of entity it is."""
        return "binary_sensor" if self.kind == "boolean" else "sensor"

    @property
    def component(self) -> str:
        """Its place in the document, as it is noted of what was published."""
        return f"{self.platform}/{topics.key(self.metric)}"


class Told(NamedTuple):
    """A device, as it is announced."""

    uid: str
    name: str
    area: str  # its site
    metadata: Mapping[str, Any]
    url: str  # of its page; "" where that is not known


def document(device: Told, series: Iterable[Shown], gone: Iterable[str] = ()) -> bytes:
    """`gone`: components that an earlier document named. They are named once more with nothing but
    their platform, which removes them."""
    components: dict[str, Any] = {}
    for component in gone:
        platform, _, _ = component.partition("/")
        components[component.replace("/", "-")] = {"platform": platform}
    for one in series:
        components[one.component.replace("/", "-")] = _component(device.uid, one)
    whole = {
        "device": _device(device),
        "origin": ORIGIN,
        "availability_topic": topics.availability(device.uid),
        "components": components,
    }
    return json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _component(uid: str, one: Shown) -> dict[str, Any]:
    device_class = class_of(one.metric, one.unit, one.quantity, one.kind)
    found: dict[str, Any] = {
        "platform": one.platform,
        "unique_id": f"pulseboard-{uid}-{topics.key(one.metric)}",
        "name": one.label or _spoken(one.metric),
        "state_topic": topics.state(uid, one.metric),
    }
    if device_class:
        found["device_class"] = device_class
    if one.kind == "boolean":
        return found | {"payload_on": "true", "payload_off": "false"}
    if one.kind == "text":
        return found
    found["state_class"] = state_class_of(device_class, one.kind)
    if unit := unit_of(one.unit):
        found["unit_of_measurement"] = unit
    if one.precision is not None:
        found["suggested_display_precision"] = one.precision
    return found


def _device(device: Told) -> dict[str, Any]:
    said = device.metadata.get("described")
    facts = {**(said if isinstance(said, dict) else {}), **device.metadata}
    given = {
        "manufacturer": facts.get("manufacturer"),
        "model": facts.get("model"),
        "sw_version": facts.get("firmware"),
        "serial_number": facts.get("serial"),
        "suggested_area": device.area,
        "configuration_url": device.url,
    }
    told = {name: value for name, value in given.items() if isinstance(value, str) and value}
    return {"identifiers": [f"pulseboard-{device.uid}"], "name": device.name, **told}


def _spoken(metric: str) -> str:
    """`bearing.temperature` as "Bearing temperature"."""
    words = " ".join(metric.replace(".", " ").replace("_", " ").split())
    return words[:1].upper() + words[1:] or metric
