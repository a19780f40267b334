"""What one discovery message announces: a device, its entities, their topics. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from bridge.decode.conventions.homeassistant.keys import (
    COLOR_TEMP,
    device_written_out,
    with_base,
    written_out,
)
from bridge.decode.identity import device_uid, metric_name
from bridge.decode.items import Described
from bridge.decode.quantities import quantity_of
from bridge.decode.texts import members, objects, word
from bridge.decode.units import normalised
from devices.topic_filter import is_valid

MAX_COMPONENTS = 300  # entities of one message
MAX_AVAILABILITIES = 10  # of one entity
MAX_TEMPLATE = 2_000  # characters
MIN_NAMED = 2  # levels that a topic with wildcards names
# Components whose topics tell no state that could be stored.
STATELESS = frozenset(
    {"button", "scene", "tag", "device_automation", "camera", "image", "notify", "update"}
    | {"siren", "media_player", "trigger"}
)
SWITCHES = frozenset({"binary_sensor", "switch", "light", "fan", "siren", "humidifier"})
ATTRIBUTES = "json_attributes_topic"
_NO_STATES = (
    "command_topic",
    "availability_topic",
    ATTRIBUTES,
    "last_reset_topic",
    "set_position_topic",
    "set_fan_speed_topic",
)
COUNTING = ("total", "total_increasing")


class Source(NamedTuple):
    """Where one value of an entity is told."""

    topic: str  # or a filter
    template: str
    stem: str  # which of the entity's values: "" the state itself, `current_temperature`, …
    on: str  # the text of a boolean's true; "" if it is none
    off: str


class Available(NamedTuple):
    """Where it is told whether an entity is there."""

    topic: str
    online: str
    offline: str
    template: str
    mode: str  # `all`, `any` or `latest` of several


class Entity(NamedTuple):
    """One entity, with the device it belongs to."""

    component: str
    object_id: str
    config: dict[str, Any]  # by whole names
    device: dict[str, Any]

    @property
    def ids(self) -> list[str]:
        """What its device is called, the first first; also by other dialects."""
        told = self.device.get("identifiers")
        found = [word(each) for each in (told if isinstance(told, list) else [told])[:20]]
        for each in connections(self.device):
            found.append(each)
        return list(dict.fromkeys(each for each in found if each))

    def sources(self) -> Iterator[Source]:
        """Every topic that tells one of its values."""
        if self.component in STATELESS:
            return
        for key, topic in self.config.items():
            if not (key.endswith("_topic") and isinstance(topic, str) and _is_narrow(topic)):
                continue
            if key == ATTRIBUTES and self.component == "device_tracker":  # where it is
                yield Source(
                    topic, _template(self.config.get("json_attributes_template")), "", "", ""
                )
            if key.endswith(_NO_STATES):
                continue
            stem = key.removesuffix("_topic").removesuffix("_state").removesuffix("_status")
            stem = "" if stem == "state" else stem
            on, off = self._words() if not stem else ("", "")
            yield Source(topic, self._template(stem), stem, on, off)

    def available(self) -> list[Available]:
        """Every topic that tells of its availability."""
        base = self.config.get("~")
        base = base if isinstance(base, str) else ""
        mode = word(self.config.get("availability_mode")) or "latest"
        told = self.config.get("availability")
        listed = [written_out(each) for each in objects(told, MAX_AVAILABILITIES)]
        if isinstance(told, dict):
            listed = [written_out(told)]
        if not listed and (topic := self.config.get("availability_topic")):
            template = self.config.get("availability_template")
            listed = [{**self.config, "topic": topic, "value_template": template}]
        found = []
        for each in listed:
            topic = with_base(_topic(each.get("topic")), base)
            if _is_narrow(topic):
                online = _payload(each.get("payload_available"), "online")
                offline = _payload(each.get("payload_not_available"), "offline")
                template = _template(each.get("value_template"))
                found.append(Available(topic, online, offline, template, mode))
        return found

    def described(self, uid: str, metric: str, stem: str) -> Described:
        """What it says of the series of one of its values."""
        config = self.config
        unit = normalised(word(config.get("unit_of_measurement"))) if not stem else ""
        device_class = word(config.get("device_class")) if not stem else ""
        if "temperature" in stem:
            unit = normalised("°" + word(config.get("temperature_unit") or "C"))
        elif "humidity" in stem:
            unit = "%"
        elif stem == COLOR_TEMP:
            unit = "K" if config.get("color_temp_kelvin") is True else "mired"
        return Described(
            uid,
            metric,
            unit=unit,
            kind=self._kind(unit) if not stem else "",
            label=" ".join(
                each for each in (word(config.get("name")), stem.replace("_", " ")) if each
            ),
            quantity="" if stem == COLOR_TEMP else quantity_of(metric, unit, device_class),
            precision=_whole(config.get("suggested_display_precision"), 9),
            expires_after_s=_whole(config.get("expire_after"), 10**9) or 0,
        )

    def _kind(self, unit: str) -> str:
        if self.component in SWITCHES:
            return "boolean"
        state_class = self.config.get("state_class")
        if state_class in COUNTING:
            return "counter"
        if unit or state_class == "measurement" or self.component == "number":
            return "gauge"
        return "text" if self.component in ("select", "text", "lock", "cover") else ""

    def _words(self) -> tuple[str, str]:
        if self.component not in SWITCHES or self.config.get("schema") in ("json", "template"):
            return "", ""
        on, off = self.config.get("state_on"), self.config.get("state_off")
        return (
            _payload(on if on is not None else self.config.get("payload_on"), "ON"),
            _payload(off if off is not None else self.config.get("payload_off"), "OFF"),
        )

    def _template(self, stem: str) -> str:
        names = ("value_template", "state_template", "state_value_template")
        keys = (f"{stem}_state_template", f"{stem}_value_template", f"{stem}_template")
        for key in keys if stem else names:
            if found := _template(self.config.get(key)):
                return found
        return ""


def announced(component: str, object_id: str, message: dict[str, Any]) -> list[Entity]:
    """The entities of a discovery message in either form."""
    config = written_out(message)
    device = device_written_out(members(config.get("device")))
    if component != "device":
        return [Entity(component, object_id, config, device)]
    shared = {key: value for key, value in config.items() if key not in ("components", "device")}
    found = []
    for key, value in list(members(config.get("components")).items())[:MAX_COMPONENTS]:
        if isinstance(value, dict):
            own = written_out({"~": config.get("~"), **value})
            found.append(Entity(word(own.get("platform")), key, {**shared, **own}, device))
    return found


def uid_of(entity: Entity, source: str) -> str:
    """Of the device: its first id; without one the topic its states are told under."""
    if entity.ids:
        return device_uid(entity.ids[0])
    above, _, _ = source.rpartition("/")
    return device_uid(above.rpartition("/")[2] or entity.object_id)


def metric_of(entity: Entity, path: tuple[str, ...] | None, stem: str) -> str:
    """Of one value: the path in the message that holds it, as who decodes the message without any
    discovery would name it; otherwise the entity's own name in the topic."""
    if path:
        return metric_name(*path)
    name = entity.object_id
    for each in entity.ids:
        name = name.removeprefix(f"{each}_").removeprefix(f"{each}-")
    return metric_name(name or entity.object_id, stem)


def connections(device: dict[str, Any]) -> list[str]:
    """The addresses of a device, as `["mac", "02:5b:26:a8:dc:12"]`."""
    told = device.get("connections")
    pairs = told[:20] if isinstance(told, list) else []
    return [word(pair[1]) for pair in pairs if isinstance(pair, list) and len(pair) == 2]


def _is_narrow(topic: str) -> bool:
    """Whether nobody else's topics come with it: a device could announce `#` as its own."""
    named = [level for level in topic.split("/") if level and level != "+"]
    wide = topic.startswith("$") or "#" in topic or ("+" in topic and len(named) < MIN_NAMED)
    return bool(topic) and is_valid(topic) and not wide


def _topic(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _template(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= MAX_TEMPLATE else ""


def _payload(value: Any, otherwise: str) -> str:
    """A word of a payload, which may be written as a boolean or a number."""
    if isinstance(value, str | bool | int | float):
        return str(value)[:200]
    return otherwise


def _whole(value: Any, at_most: int) -> int | None:
    usable = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= at_most
    return value if usable else None
