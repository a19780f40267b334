"""ESPHome over MQTT: one scalar a topic, `<prefix>/<component>/<object_id>/state`. Pure.

There is neither a time nor a unit in it: units come from the discovery a node publishes for Home
Assistant, which describes the series of the node (`conventions.homeassistant`).
"""

from __future__ import annotations

from typing import Any

from bridge.decode import documents
from bridge.decode.flattening import flattened
from bridge.decode.identity import bare_mac, device_uid, metric_name
from bridge.decode.items import (
    Described,
    Ignored,
    Item,
    Presence,
    Problem,
    Reason,
    Rejected,
    Sample,
    Telemetry,
    Value,
)
from bridge.decode.scalars import ON_OFF, value_of
from bridge.decode.state import State
from bridge.decode.texts import word
from bridge.decode.tolerant import Undecodable, text_of
from bridge.message import Message

NAME = "esphome"
DISCOVER = "esphome/discover/"
COMPONENTS = frozenset(
    {
        "sensor",
        "binary_sensor",
        "switch",
        "text_sensor",
        "number",
        "select",
        "light",
        "fan",
        "cover",
    }
    | {"climate", "lock", "button", "text", "datetime", "valve", "event", "update"}
    | {"alarm_control_panel", "media_player", "water_heater"}
)
# The default topic prefix is one level, the node's name; `home/living_room` is the documentation's
# example of a longer one. A cover's position or a climate's mode is one level deeper.
FILTERS = (
    "+/+/+/state",
    "+/+/+/+/state",
    "+/+/+/+/+/state",
    "+/status",
    "+/+/status",
    f"{DISCOVER}+",
)
SWITCHED = ("binary_sensor", "switch", "fan", "light")
ONLINE = {b"online": True, b"offline": False}
KINDS = {"binary_sensor": "boolean", "switch": "boolean", "text_sensor": "text", "select": "text"}


def matches(topic: str, payload: bytes) -> int:
    """Confidence, 0 to 100, that this convention explains the message."""
    if topic.startswith(DISCOVER):
        return 95
    levels = topic.split("/")
    if len(levels) >= 4 and levels[-1] in ("state", "command") and _component_at(levels):
        return 65 if levels[0] != "homeassistant" else 2
    if len(levels) >= 2 and levels[-1] == "status" and payload in ONLINE:
        return 25
    return 20 if len(levels) == 2 and levels[-1] == "debug" and payload.startswith(b"\x1b[") else 0


def reach(topic: str) -> int:
    """The most it claims of a topic, whatever the payload."""
    return max(matches(topic, b"online"), matches(topic, b"\x1b["))


def decode(message: Message, state: State) -> list[Item]:
    """What a node tells. Never raises for bad data."""
    topic = state.context.topic(message.topic)
    if topic.startswith(DISCOVER):
        return _discovered(topic, message)
    levels = topic.split("/")
    if levels[-1] == "status":
        return [_status(device_uid("/".join(levels[:-1])), message)]
    at = _component_at(levels)
    if levels[-1] != "state" or not at:
        return [Ignored("command" if levels[-1] == "command" else "log")]
    prefix = "/".join(levels[:at])
    if not prefix:
        return [Ignored("no_device", levels[at])]
    return _state(device_uid(prefix), levels[at], levels[at + 1 : -1], message, state)


def origin(topic: str) -> tuple[str, str] | None:
    """The device and the metric of a state topic."""
    levels = topic.split("/")
    at = _component_at(levels)
    if not at or levels[-1] != "state":
        return None
    return device_uid("/".join(levels[:at])), metric_name(*levels[at + 1 : -1])


def _component_at(levels: list[str]) -> int:
    """Where in a topic the component is: the last level that is one, before the object's name. 0:
    there is none."""
    for at in range(len(levels) - 3, 0, -1):
        if levels[at] in COMPONENTS:
            return at
    return 0


def _state(
    uid: str, component: str, names: list[str], message: Message, state: State
) -> list[Item]:
    metric = metric_name(*names)
    if not message.payload or not metric:
        return [Ignored("cleared", component, uid)]
    if message.payload.startswith(b"{"):
        document = documents.peek(message.payload)
        if isinstance(document, dict):  # a light in its JSON schema
            flat = flattened(document, *names, read_text=_read_text)
            said = flat.values or flat.problems
            return [flat.telemetry(uid) if said else Ignored("no_values", component, uid)]
    try:
        text = text_of(message.payload)
    except Undecodable as exc:
        return [Rejected(uid, exc.problem)]
    words = ON_OFF if component in SWITCHED else {}
    # What a text sensor says is a text, also where it is digits.
    value = _read_text(text) if component == "text_sensor" else value_of(text, words)
    if value is None:
        return [Ignored("no_values", component, uid)]  # `nan`, `None`: the sensor has none
    items: list[Item] = [Telemetry(uid, [Sample(0, {metric: value})])]
    kind = KINDS.get(component, "")
    if kind and state.context.due(uid, metric, message.received_us):
        items.append(Described(uid, metric, kind=kind))
    return items


def _status(uid: str, message: Message) -> Item:
    online = ONLINE.get(message.payload)
    if online is None:
        return Ignored("cleared" if not message.payload else "status_word", "status", uid)
    return Presence(uid, online)


def _discovered(topic: str, message: Message) -> list[Item]:
    """The answer to `esphome/discover`: name, addresses, firmware."""
    if not message.payload:
        return [Ignored("removed", topic[:80])]
    told: Any = documents.peek(message.payload)
    if not isinstance(told, dict):
        detail = f"{topic[:80]!a} describes no object"
        return [Rejected("", Problem(Reason.WRONG_TYPE, detail))]
    name = word(told.get("name")) or topic.removeprefix(DISCOVER)
    if not name:
        return [Ignored("no_device", "discover")]
    mac = bare_mac(word(told.get("mac")))
    return [
        Described(
            device_uid(name),
            name=word(told.get("friendly_name")) or name,
            model=word(told.get("board")),
            firmware=f"ESPHome {word(told.get('version'))}".strip(),
            manufacturer=word(told.get("project_name")).partition(".")[0],
            aliases=(mac,) if mac else (),
        )
    ]


def _read_text(text: str) -> Value | None:
    """ON and OFF as booleans, nothing for a value that is not there."""
    return ON_OFF.get(text.lower(), text) if value_of(text) is not None else None
