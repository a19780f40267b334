"""Tasmota: SENSOR, STATE, LWT, discovery, and the Zigbee, BLE and LoRa children of a bridge. Pure.

The device is the topic without its prefix (`tele`, `stat`) and channel, in whatever order FullTopic
puts them.
"""

from __future__ import annotations

import re
from typing import Any

from bridge.decode import documents
from bridge.decode.conventions.tasmota import children, quantities
from bridge.decode.conventions.tasmota.clock import time_of
from bridge.decode.conventions.tasmota.discovery import DISCOVERY, discovered, words_of
from bridge.decode.conventions.tasmota.topics import PREFIXES, Place, place
from bridge.decode.flattening import flattened
from bridge.decode.identity import bare_mac, device_uid
from bridge.decode.items import (
    Described,
    Ignored,
    Item,
    Presence,
    Reason,
    Rejected,
)
from bridge.decode.state import State
from bridge.decode.texts import members, word
from bridge.decode.tolerant import Undecodable
from bridge.message import Message

NAME = "tasmota"
# The default FullTopic, and those that the documentation gives as examples.
FILTERS = (
    "tele/#",
    "stat/#",
    "+/tele/#",
    "+/stat/#",
    "+/+/tele/#",
    "+/+/stat/#",
    f"{DISCOVERY}#",
)

READINGS = ("SENSOR", "STATE", *children.CHANNELS)
_CHANNEL = re.compile(
    r"SENSOR|STATE|LWT|RESULT|INFO[1-3]?|STATUS[0-9]{0,2}|POWER[0-9]{0,2}|DEEPSLEEP"
)
_RELAY = re.compile(r"POWER[0-9]{0,2}|(?:Switch|Button)[0-9]{1,2}")
_FIGURES = {"0": False, "1": True}  # whom StateText calls off and on, without a discovery
MAX_CLOSED = 4  # braces that a document may lack at its end

# What is no reading, at whatever depth: the clock, units, what the radio is called, and when the
# device wakes up, which lies in the future.
NO_READINGS = frozenset(
    {"Time", "Epoch", *quantities.UNIT_KEYS, "Uptime", "StartupUTC", "TotalStartTime", "DeepSleep"}
    | {"SleepMode", "Sleep", "AP", "SSId", "BSSId", "Channel", "Mode", "Downtime", "Id", "END"}
)


def matches(topic: str, payload: bytes) -> int:
    """Confidence, 0 to 100, that this convention explains the message."""
    if topic.startswith(DISCOVERY):
        return 95
    found = place(topic)
    timed = payload.startswith((b'{"Time":', b'{"Epoch":'))
    if found is None:  # a prefix of another name
        return 55 if timed and topic.endswith(("/SENSOR", "/STATE")) else 0
    if _CHANNEL.fullmatch(found.channel) or found.channel in READINGS or found.prefix == "cmnd":
        return 85
    return 60 if timed else 30


def reach(topic: str) -> int:
    """The most it claims of a topic, whatever the payload."""
    return matches(topic, b'{"Time":')


def decode(message: Message, state: State) -> list[Item]:
    """What the device, and those behind it, say. Never raises for bad data."""
    topic = state.context.topic(message.topic)
    if topic.startswith(DISCOVERY):
        return discovered(topic, message, state)
    found = place(topic) or _renamed(topic, state)
    if not found.native or found.prefix == "cmnd":
        return [Ignored("command" if found.native else "no_device")]
    uid = device_uid(found.native)
    if found.channel == "LWT":
        return [_will(uid, found.native, message, state)]
    if found.channel in READINGS or found.channel.startswith(("RESULT", "STATUS", "INFO")):
        return _document(found, uid, message, state)
    if found.channel.startswith("POWER") and message.payload.startswith(b"{"):  # SetOption4 1
        return _document(Place(found.native, "RESULT", found.prefix), uid, message, state)
    # POWER as a plain word repeats the RESULT before it; the rest are answers and events.
    return [Ignored("other_channel", found.channel[:40], uid)]


def _renamed(topic: str, state: State) -> Place:
    """Where the prefix is not called `tele`: as the discovery said, otherwise all is the name."""
    *levels, channel = topic.split("/")
    for at, level in enumerate(levels):
        if level in state.scope(PREFIXES):
            return Place("/".join(levels[:at] + levels[at + 1 :]), channel, level)
    return Place("/".join(levels), channel, "")


def _will(uid: str, native: str, message: Message, state: State) -> Item:
    said = message.payload.decode("utf-8", "replace")
    if not said:
        return Ignored("cleared", "LWT", uid)
    words = words_of(native, state)
    if said in (words.online, words.offline):
        return Presence(uid, said == words.online)
    return Ignored("will_word", said[:40], uid)


def _document(found: Place, uid: str, message: Message, state: State) -> list[Item]:
    if not message.payload:
        return [Ignored("cleared", found.channel[:40], uid)]
    try:
        document = _read(message.payload)
    except Undecodable as exc:
        return [Rejected(uid, exc.problem)]
    if found.channel.startswith(("INFO", "STATUS")):
        items = _about(uid, document)
        document = {**members(document.get("StatusSNS")), **members(document.get("StatusSTS"))}
        answer = items or [Ignored("command_answer", found.channel, uid)]
        return items + _readings(found, uid, document, message, state) if document else answer
    if found.channel == "RESULT":
        document = _changes(document)
        if not document:
            return [Ignored("command_answer", "", uid)]
    return _readings(found, uid, document, message, state)


def _read(payload: bytes) -> dict[str, Any]:
    """The document. Some drivers forget the braces at its end; where a value may have been cut in
    the middle nothing is added. Raises `Undecodable`."""
    try:
        return documents.read_object(payload)
    except Undecodable as exc:
        ending = payload.rstrip()
        if exc.problem.reason is not Reason.MALFORMED_JSON or not ending.endswith((b"}", b"]")):
            raise
        lacking = ending.count(b"{") - ending.count(b"}")
        if not 0 < lacking <= MAX_CLOSED:
            raise
        return documents.read_object(ending + b"}" * lacking)


def _changes(document: dict[str, Any]) -> dict[str, Any]:
    """What of a RESULT is a state: relays, switches, children. The rest answers a command."""
    changes = {}
    for name, value in document.items():
        if _RELAY.fullmatch(name):
            said = value.get("Action") if isinstance(value, dict) else value
            changes[name] = _FIGURES.get(said, said) if isinstance(said, str) else said
        elif name in children.CHANNELS:
            changes[name] = value
    return changes


def _readings(
    found: Place, uid: str, document: dict[str, Any], message: Message, state: State
) -> list[Item]:
    time_us = time_of(document, message.received_us)
    words = words_of(found.native, state)
    own, others = children.apart(found, document)
    items: list[Item] = []
    flat = flattened(own, read_text=words.read, ignored=NO_READINGS)
    if flat.values or flat.problems:
        items.append(flat.telemetry(uid, time_us))
        if state.context.due(uid, tuple(flat.values), message.received_us):
            items += quantities.described(uid, flat.values, quantities.units_of(document))
    for child in others:
        items += children.said(child, time_us, words.read, message, state)
    return items or [Ignored("no_values", found.channel, uid)]


def _about(uid: str, document: dict[str, Any]) -> list[Item]:
    """Name, model and firmware out of INFO1 and STATUS0 to 5."""
    info = members(document.get("Info1")) or document
    status = members(document.get("Status"))
    firmware = members(document.get("StatusFWR"))
    network = members(document.get("StatusNET"))
    friendly = status.get("FriendlyName")
    names = friendly if isinstance(friendly, list) else [friendly]
    mac = bare_mac(word(network.get("Mac")))
    said = Described(
        uid,
        name=word(status.get("DeviceName")) or word(names[0] if names else ""),
        model=word(info.get("Module")),  # of INFO1; of a STATUS it is a number
        firmware=word(info.get("Version")) or word(firmware.get("Version")),
        aliases=(mac,) if mac else (),
    )
    return [] if said == Described(uid) else [said]


def origin(topic: str) -> tuple[str, str] | None:
    """The device that tells under a topic, for who knows its metrics by their paths."""
    found = place(topic)
    return (device_uid(found.native), "") if found is not None and found.native else None
