"""Home Assistant's discovery: who a device is, and how to read what it tells. Pure.

Topics that belong to a dialect read here anyway (Tasmota, ESPHome, …) stay with it; of those the
discovery only gives names and units.
"""

from __future__ import annotations

import re
from typing import Any

from bridge.decode import documents
from bridge.decode.conventions.homeassistant.announcement import discovered
from bridge.decode.conventions.homeassistant.evaluation import UNDEFINED, text_of
from bridge.decode.conventions.homeassistant.registry import (
    AVAILABLE,
    SEEN,
    STATES,
    Book,
    told_under,
    wildcards,
)
from bridge.decode.conventions.homeassistant.template import parsed
from bridge.decode.flattening import Flattened, flattened
from bridge.decode.items import (
    Ignored,
    Item,
    Presence,
    Reason,
)
from bridge.decode.scalars import value_of
from bridge.decode.state import State
from bridge.message import Message
from devices.topic_filter import matches as filter_matches

NAME = "homeassistant"
PREFIX = "homeassistant"  # the discovery prefix unless somebody configured another
FILTERS = (f"{PREFIX}/#",)
ANNOUNCED = (STATES, AVAILABLE)  # the scopes whose keys are topics that devices announced
BIRTHS = "births"  # the scope that keeps when Home Assistant itself began last, by prefix
BIRTH_AGAIN_US = 1_000_000  # a second in which its birth is not noted again
COMPONENTS = (
    "alarm_control_panel|binary_sensor|button|camera|climate|cover|date|datetime|device"
    "|device_automation|device_tracker|event|fan|humidifier|image|lawn_mower|light|lock|notify"
    "|number|scene|select|sensor|siren|switch|tag|text|time|update|vacuum|valve|water_heater"
)
_CONFIG = re.compile(
    rf"(?:[^#+]+/)?(?P<component>{COMPONENTS})/(?:[\w-]+/)?(?P<id>[^/]+)/config", re.ASCII
)


def matches(topic: str, payload: bytes) -> int:  # noqa: ARG001  (the topic alone decides)
    """Confidence, 0 to 100, that this convention explains the message."""
    if topic.endswith("/config") and _CONFIG.fullmatch(topic):
        return 90 if topic.startswith(f"{PREFIX}/") else 75
    if topic == f"{PREFIX}/status":
        return 90
    return 3 if topic.startswith(f"{PREFIX}/") else 0


def expects(topic: str, state: State) -> bool:
    """Whether discovery announced the topic: then it is read here, unless its shape says more."""
    for scope in ANNOUNCED:
        if topic in state.scope(scope):
            return True
        for each in wildcards(state, scope):
            if filter_matches(each, topic):
                return True
    return False


def decode(message: Message, state: State) -> list[Item]:
    """What is announced, or told under an announced topic. Never raises for bad data."""
    topic = state.context.topic(message.topic)
    config = _CONFIG.fullmatch(topic) if topic.endswith("/config") else None
    if config is not None:
        return discovered(topic, config["component"], config["id"], message, state)
    items: list[Item] = list(_presences(topic, message, state))
    entities = told_under(topic, state, STATES)
    if entities:
        items += _readings(entities, message)
    if items:
        return items
    if topic == f"{PREFIX}/status":
        _note_birth(message, state)
        return [Ignored("home_assistant_status")]
    return [Ignored("undiscovered", topic[:80])]


def _note_birth(message: Message, state: State) -> None:
    """Home Assistant is there again, and wants to be told of every device."""
    at = message.received_us
    last = state.scope(BIRTHS).get(PREFIX)
    if message.payload == b"online" and not (last and abs(at - last["at"]) < BIRTH_AGAIN_US):
        state.remember(BIRTHS, PREFIX, {"at": at})


def _presences(topic: str, message: Message, state: State) -> list[Item]:
    told = told_under(topic, state, AVAILABLE)
    if not told or not message.payload:
        return []
    names = _names(message.payload)
    seen = Book(state, SEEN)
    items: list[Item] = []
    for uid, (online, offline, template, mode, of) in sorted(told.items()):
        found = _shown(template, names)
        said = text_of(names["value"] if found is None and not template else found)
        if said not in (online, offline):
            continue
        seen.put(uid, topic, said == online)
        if mode == "latest" or of == 1:
            items.append(Presence(uid, said == online))
        else:
            all_said = list(seen.of(uid).values())
            items.append(Presence(uid, any(all_said) if mode == "any" else all(all_said)))
    seen.keep()
    return items or [Ignored("availability_word", topic[:80])]


def _readings(entities: dict[str, Any], message: Message) -> list[Item]:
    """The values of every entity told under the topic, together by device."""
    if not message.payload:
        return [Ignored("cleared", "state")]
    names = _names(message.payload)
    found: dict[str, Flattened] = {}
    for uid, metric, template, on, off in entities.values():
        value = _shown(template, names)
        into = found.setdefault(uid, flattened(None, read_text=value_of))
        if template and parsed(template) is None:
            _whole(into, names)
        elif on or off:
            _switch(into, metric, value, on, off)
        elif value is not None and value is not UNDEFINED:
            into.add((metric,), value)
    items: list[Item] = [
        flat.telemetry(uid) for uid, flat in sorted(found.items()) if flat.values or flat.problems
    ]
    return items or [Ignored("no_values")]


def _names(payload: bytes) -> dict[str, Any]:
    """What a template may speak of."""
    document = documents.peek(payload)
    text = payload.decode("utf-8", "replace").strip()
    return {"value": text, "value_json": UNDEFINED if document is None else document}


def _shown(template: str, names: dict[str, Any]) -> Any:
    """What the template shows; without one the document, or the text."""
    if template:
        compiled = parsed(template)
        return None if compiled is None else compiled.of(names)
    document = names["value_json"]
    return document if isinstance(document, dict | list) else names["value"]


def _whole(into: Flattened, names: dict[str, Any]) -> None:
    """The message without its template, which is not read here."""
    document = names["value_json"]
    if isinstance(document, dict) and not into.values:
        into.add((), document)


def _switch(into: Flattened, metric: str, value: Any, on: str, off: str) -> None:
    if isinstance(value, dict):  # a light in its JSON schema
        into.add((metric,), value)
        return
    said = text_of(value).lower()
    if said in (on.lower(), off.lower()):
        into.add((metric,), said == on.lower())
    elif value is not None and said:
        into.report(Reason.UNSUPPORTED_VALUE, f"{said[:40]!a} is neither {on!a} nor {off!a}")
