"""Zigbee2MQTT: one topic for each device under a base topic, and the bridge's own registry. Pure.

A friendly name may hold slashes and spaces, so only `bridge/devices` tells a name from an attribute
below it. A device keeps the uid it came with; renaming it there does not split its history, because
its IEEE address is remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.decode import device_time, documents
from bridge.decode.conventions.zigbee_registry import registered
from bridge.decode.flattening import flattened
from bridge.decode.identity import device_uid, metric_name
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
from bridge.decode.scalars import TRUE_FALSE, value_of
from bridge.decode.state import State
from bridge.decode.texts import members, objects, word
from bridge.decode.tolerant import Undecodable, text_of
from bridge.message import Message

NAME = "zigbee2mqtt"
BASE = "zigbee2mqtt"  # the base topic unless somebody configured another
FILTERS = (f"{BASE}/#",)

BASES = "bases"  # the scope that has base topics with a bridge under them
MAX_BASES = 50
GROUPS = "groups "  # the scope of a base, with the names of its groups
AVAILABILITY = "availability "  # the scope of a base: uids whose availability is published
NAMES = "names "  # the scope of a base: uid by friendly name
MAX_KEPT = 2_000  # devices, or groups, of a base
CACHED_US = 3_600_000_000  # an hour: of a message older than that the values are cached ones

AVAILABLE = (b'{"state":"online"}', b'{"state":"offline"}')
# What a device's message holds beside its readings: when it was last heard, its own description,
# and what may be flashed into it.
NO_READINGS = frozenset({"last_seen", "elapsed", "device", "update", "update_available"})
ONLINE = {"online": True, "offline": False}
SWITCHED = {"ON": True, "OFF": False}


def matches(topic: str, payload: bytes) -> int:
    """Confidence, 0 to 100, that this convention explains the message."""
    if topic.startswith(BASE):
        return 90 if topic[len(BASE) :].partition("/")[1] else 0
    _, under, rest = topic.partition("/bridge/")
    if under and rest in ("state", "devices", "info", "groups", "logging", "event", "extensions"):
        return 65
    if topic.endswith("/availability") and payload in AVAILABLE:
        return 60
    return 45 if payload.startswith(b"{") and b'"linkquality"' in payload else 0


def reach(topic: str) -> int:
    """The most it claims of a topic, whatever the payload."""
    return max(matches(topic, AVAILABLE[0]), matches(topic, b'{"linkquality"'))


def decode(message: Message, state: State) -> list[Item]:
    """What a device, or the bridge, says. Never raises for bad data."""
    topic = state.context.topic(message.topic)
    base, rest = _split(topic, state)
    if not rest:
        return [Ignored("no_device", base)]
    if rest.startswith("bridge/"):
        return _bridge(base, rest.removeprefix("bridge/"), message, state)
    names = state.scope(NAMES + base)
    if rest in names:
        return [_readings(names[rest], message)]
    name, _, last = rest.rpartition("/")
    if last == "availability" and name:
        return _availability(base, name, message, state)
    return [_unregistered(rest, names, base, message, state)]


def _unregistered(
    rest: str, names: Mapping[str, str], base: str, message: Message, state: State
) -> Item:
    """What is below the name of a device, or came before the registry."""
    if rest in state.scope(GROUPS + base):
        return Ignored("group_state", rest)  # its members say the same
    name, _, last = rest.rpartition("/")
    if last in ("set", "get") or "/set/" in rest or "/get/" in rest:
        return Ignored("command", last)
    if name in names or (name and not message.payload.startswith(b"{")):
        return _attribute(names.get(name) or device_uid(name), last, message)
    return _readings(device_uid(rest), message)


def _split(topic: str, state: State) -> tuple[str, str]:
    """The base topic, and what is below it."""
    first, _, rest = topic.partition("/")
    if first.startswith(BASE):
        return first, rest
    under, bridge, _ = topic.partition("/bridge/")
    if bridge:
        return under, topic.removeprefix(under + "/")
    known = [base for base in state.scope(BASES) if topic.startswith(base + "/")]
    if known:
        base = max(known, key=len)
        return base, topic.removeprefix(base + "/")
    return first, rest


def _bridge(base: str, channel: str, message: Message, state: State) -> list[Item]:
    gateway = device_uid(base)
    state.keep(BASES, base, True, MAX_BASES)
    match channel:
        case "state":
            return _bridge_state(base, gateway, message, state)
        case "devices":
            return registered(base, gateway, message, state)
        case "info":
            return _bridge_info(gateway, message)
        case "groups":
            return _groups(base, message, state)
    # Answers, logging, events, the frontend's own: what the bridge does, and no reading.
    return [Ignored("bridge_chatter", channel.partition("/")[0][:40])]


def _bridge_state(base: str, gateway: str, message: Message, state: State) -> list[Item]:
    online = _online(message.payload)
    if online is None:
        return [_not_online(gateway, message)]
    items: list[Item] = [Presence(gateway, online)]
    if message.retain and online:
        return items  # it says nothing of when a device was heard
    own = state.scope(AVAILABILITY + base)  # those say themselves that they are back
    devices = sorted(set(state.scope(NAMES + base).values()))
    return items + [Presence(uid, online) for uid in devices if not online or uid not in own]


def _bridge_info(gateway: str, message: Message) -> list[Item]:
    info = documents.peek(message.payload)
    if not isinstance(info, dict):
        return [Ignored("bridge_chatter", "info")]
    about = members(info.get("coordinator"))
    ieee = word(about.get("ieee_address"))
    return [
        Described(
            gateway,
            model=word(about.get("type")),
            firmware=word(info.get("version")),
            aliases=(ieee,) if ieee else (),
        )
    ]


def _groups(base: str, message: Message, state: State) -> list[Item]:
    groups = documents.peek(message.payload)
    known = state.scope(GROUPS + base)
    names = {word(group.get("friendly_name")) for group in objects(groups, MAX_KEPT)}
    for name in sorted(names - known.keys() - {""})[: MAX_KEPT - len(known)]:
        state.remember(GROUPS + base, name, True)
    if isinstance(groups, list):
        for name in sorted(known.keys() - names):
            state.remember(GROUPS + base, name, None)
    return [Ignored("bridge_chatter", "groups")]


def _availability(base: str, name: str, message: Message, state: State) -> list[Item]:
    if not message.payload:
        return [Ignored("cleared", "availability")]  # of a device renamed or removed
    if name in state.scope(GROUPS + base):
        return [Ignored("group_state", name)]
    uid = state.scope(NAMES + base).get(name) or device_uid(name)
    online = _online(message.payload)
    if online is None:
        return [_not_online(uid, message)]
    state.keep(AVAILABILITY + base, uid, True, MAX_KEPT)
    return [Presence(uid, online)]


def _online(payload: bytes) -> bool | None:
    """Whether `online` or `offline` is said, plainly or in JSON."""
    found: Any = payload.decode("utf-8", "replace")
    if payload.startswith(b"{"):
        told = documents.peek(payload)
        found = told.get("state") if isinstance(told, dict) else None
    return ONLINE.get(found) if isinstance(found, str) else None


def _not_online(uid: str, message: Message) -> Rejected:
    detail = f"{message.payload[:40]!r} says neither online nor offline"
    return Rejected(uid, Problem(Reason.BAD_STATUS, detail))


def _readings(uid: str, message: Message) -> Item:
    """The state of a device, all its attributes in one object."""
    if not message.payload:
        return Ignored("cleared", "state", uid)
    try:
        said = documents.read(message.payload)
    except Undecodable as exc:
        return Rejected(uid, exc.problem)
    if not isinstance(said, dict):
        detail = "a device's state is an object"
        return Rejected(uid, Problem(Reason.WRONG_TYPE, detail))
    found = flattened(said, read_text=_read_text, ignored=NO_READINGS)
    if not (found.values or found.problems):
        return Ignored("no_values", "", uid)
    return found.telemetry(uid, _time(said, message))


def _time(said: Mapping[str, Any], message: Message) -> int:
    """Unix microseconds; 0: now. `last_seen` is when the device was heard last, also in a message
    that somebody else's command caused: values of now do not belong there. Only of what is repeated
    from the cache is it the time."""
    seen_us = device_time.read_or_0(said.get("last_seen"), message.received_us)
    cached = message.retain or seen_us < message.received_us - CACHED_US
    return seen_us if cached else 0


def _attribute(uid: str, name: str, message: Message) -> Item:
    """One attribute under a topic of its own (`advanced.output: attribute`)."""
    if name in NO_READINGS or not message.payload:  # nothing: the attribute is unknown
        return Ignored("no_values", "", uid)
    try:
        text = text_of(message.payload).strip()
    except Undecodable as exc:
        return Rejected(uid, exc.problem)
    if text.startswith(("{", "[")):
        return Rejected(uid, Problem(Reason.WRONG_TYPE, f"{name[:40]!a} is no single value"))
    value = SWITCHED.get(text, value_of(text, TRUE_FALSE))
    metric = metric_name(*name.split("-"))  # nested: `color-x` of {"color":{"x":…}}
    if value is None or not metric:
        return Ignored("no_values", "", uid)
    return Telemetry(uid, [Sample(0, {metric: value})])


def _read_text(text: str) -> Value | None:
    """An empty text is an `action` that is over."""
    return SWITCHED.get(text, text) if text else None
