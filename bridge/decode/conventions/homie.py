"""Homie 4 and 5: a topic for each property, described by attributes or by one document. Pure.

Everything is retained, so what a broker kept is old news as anywhere. The description says which
type a value has; without it a number is a number.
"""

from __future__ import annotations

from typing import Any

from bridge.decode import documents
from bridge.decode.conventions.homie_description import (
    MAX_DEVICES,
    STATES,
    attribute,
    children_of,
    described,
    forget,
    types_of,
)
from bridge.decode.flattening import flattened
from bridge.decode.identity import device_uid, metric_name
from bridge.decode.items import (
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
from bridge.decode.scalars import TRUE_FALSE, number_of, value_of
from bridge.decode.state import State
from bridge.decode.tolerant import Undecodable, text_of
from bridge.message import Message

NAME = "homie"
BASE = "homie"  # the domain unless somebody chose another; that of version 5 is always one level
FILTERS = (f"{BASE}/#", "+/5/#")
# `sleeping` is neither: it said goodbye, and means to come back.
ONLINE = {"init": True, "ready": True, "alert": True, "disconnected": False, "lost": False}
SLEEPING = "sleeping"
EMPTY = "\0"  # an empty text, for an empty payload takes a retained message away


def matches(topic: str, payload: bytes) -> int:  # noqa: ARG001  (the topic alone decides)
    """Confidence, 0 to 100, that this convention explains the message."""
    levels = topic.split("/")
    if len(levels) < 3:
        return 0
    if levels[0] == BASE:
        return 85
    if levels[1] == "5" and len(levels) > 3:
        return 80 if levels[3] in ("$state", "$description") else 30
    return 70 if levels[-1] in ("$homie", "$nodes", "$properties", "$datatype") else 0


def decode(message: Message, state: State) -> list[Item]:
    """What a device says. Never raises for bad data."""
    levels = state.context.topic(message.topic).split("/")
    device, rest = _split(levels)
    if not device or not rest or device.startswith("$"):
        return [Ignored("broadcast" if device.startswith("$") else "no_device")]
    uid = device_uid(device)
    if rest == ["$state"]:
        return _state(device, message, state)
    if rest == ["$description"] and message.payload:
        return described(device, message, state)
    if noise := _noise(rest):
        return [Ignored(noise, rest[-1][:40], uid)]
    if any(level.startswith("$") for level in rest):
        return attribute(device, rest, message, state)
    return [_property(uid, device, rest, message, state)]


def _noise(rest: list[str]) -> str:
    """What a topic is that tells neither a reading nor what the device is, "" if it does."""
    if rest == ["$description"]:
        return "removed"
    if rest[-1] in ("set", "$target"):
        return "command"
    return "event" if rest[0] in ("$log", "$alert") else ""


def _split(levels: list[str]) -> tuple[str, list[str]]:
    """The device, and what is below it. A device of version 4 may be called `5`."""
    at = 2 if levels[1] == "5" and not (levels[2].startswith("$") and len(levels) == 3) else 1
    return (levels[at], levels[at + 1 :]) if len(levels) > at else ("", [])


def _state(device: str, message: Message, state: State) -> list[Item]:
    """Its `$state`; with a root that is lost, all its children are."""
    uid = device_uid(device)
    said = message.payload.decode("utf-8", "replace")
    if not said:
        forget(device, state)
        return [Ignored("removed", device[:40], uid)]
    if said not in ONLINE and said != SLEEPING:
        detail = f"{said[:40]!a} is no state of a device"
        return [Rejected(uid, Problem(Reason.BAD_STATUS, detail))]
    states = state.scope(STATES)
    before = states.get(device)
    state.keep(STATES, device, said, MAX_DEVICES)
    if said == SLEEPING:
        return [Ignored("sleeping", "", uid)]
    items: list[Item] = [Presence(uid, ONLINE[said])]
    if "lost" in (said, before):
        for child in children_of(device, state):
            own = ONLINE.get(states.get(child, ""), False)
            items.append(Presence(device_uid(child), own and said != "lost"))
    return items


def _property(uid: str, device: str, rest: list[str], message: Message, state: State) -> Item:
    metric = metric_name(*rest)
    if not message.payload or not metric:
        return Ignored("removed", "", uid)
    try:
        text = text_of(message.payload)
    except Undecodable as exc:
        return Rejected(uid, exc.problem)
    datatype = types_of(device, state).get(".".join(rest), "")
    if datatype == "json":
        return flattened(documents.peek(message.payload), *rest).telemetry(uid)
    value = _value(datatype, text)
    if isinstance(value, Problem):
        return Rejected(uid, value)
    if value is None:
        return Ignored("no_values", "", uid)
    return Telemetry(uid, [Sample(0, {metric: value})])


def _value(datatype: str, text: str) -> Value | Problem | None:
    """The value as its type has it: numbers and booleans are written in one way only."""
    found: Any
    if text == EMPTY:
        return None
    match datatype:
        case "integer" | "float":
            found = number_of(text)
        case "boolean":
            found = TRUE_FALSE.get(text)
        case "":
            return value_of(text, TRUE_FALSE)
        case _:
            return text if value_of(text) is not None else None
    if found is None:
        return Problem(Reason.UNSUPPORTED_VALUE, f"{text[:40]!a} is no {datatype}")
    return found
