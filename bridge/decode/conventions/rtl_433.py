"""rtl_433: every transmitter of the neighbourhood under one topic a receiver. Pure.

A transmitter is its model, channel and id. Some ids change with each battery; what keeps a flood of
them out is adoption, not this module.
"""

from __future__ import annotations

from typing import Any

from bridge.decode import documents, foreign_time, quoted
from bridge.decode.device_readings import DeviceReadings
from bridge.decode.flattening import flattened
from bridge.decode.identity import device_uid, metric_name
from bridge.decode.items import Discovered, Ignored, Item, Presence, Rejected
from bridge.decode.scalars import value_of
from bridge.decode.state import CERTAIN, State
from bridge.decode.tolerant import Undecodable
from bridge.message import Message

NAME = "rtl_433"
FILTERS = (
    *("rtl_433/+/events", "rtl_433/+/states", "rtl_433/+/availability", "rtl_433/+/devices/#"),
)
BY_PAYLOAD = 45
RECEIVERS = "receivers"  # the scope that has receivers which publish events
MAX_RECEIVERS = 1_000

# What tells transmitters apart, or how they were received, and measures nothing.
NO_READINGS = frozenset(
    {"time", "type", "model", "subtype", "id", "channel", "mic", "mod", "freq", "freq1", "freq2"}
    | {"protocol", "sequence_num", "message_type", "exception", "raw_msg", "codes", "rows", "data"}
    | {"tag", "num_rows", "flags"}
)
LEVELS = ("rssi", "snr", "noise")  # of the receiver's own scale (`-M level`), which has no zero


def matches(topic: str, payload: bytes) -> int:
    """By its topics, or by what each of its documents has."""
    if topic.startswith("rtl_433/") and topic.count("/") > 1:
        return (
            CERTAIN
            if topic.split("/", 3)[2] in ("events", "states", "availability", "devices")
            else 0
        )
    if payload[:1] != b"{" or b'"model"' not in payload or b'"time"' not in payload:
        return 0
    document = documents.peek(payload)
    return BY_PAYLOAD if isinstance(document, dict) and transmitter_of(document) else 0


def reach(topic: str) -> int:
    """The most it claims of a topic, whatever the payload."""
    return max(matches(topic, b""), BY_PAYLOAD)


def decode(message: Message, state: State) -> list[Item]:
    """What a transmitter says, or the receiver of itself. Never raises for bad data."""
    topic = state.context.topic(message.topic)
    levels = topic.split("/")
    receiver = levels[1] if levels[0] == "rtl_433" and len(levels) > 2 else ""
    channel = levels[2] if receiver else "events"
    gateway = device_uid(receiver)
    if channel == "devices":
        return _value(levels[3:], receiver, message, state)
    if channel == "events":
        return _event(receiver, gateway, message, state)
    if channel == "availability" and message.payload in (b"online", b"offline"):
        return [Presence(gateway, message.payload == b"online")]
    return [Ignored("receiver", gateway)]  # statistics, and what it says of its own run


def _event(receiver: str, gateway: str, message: Message, state: State) -> list[Item]:
    try:
        document = documents.read_object(message.payload)
    except Undecodable as exc:
        return [Rejected(gateway, exc.problem)]
    if not transmitter_of(document):
        return [Ignored("receiver", gateway)]
    if receiver:
        state.keep(RECEIVERS, receiver, True, MAX_RECEIVERS)
    return transmission(document, gateway, DeviceReadings(message, state))


def transmitter_of(document: dict[str, Any]) -> str:
    """Model, subtype, channel and id: what a transmitter is called; "" where it has no model."""
    model = document.get("model")
    if type(model) is not str or not model:
        return ""
    told = [document.get(key) for key in ("subtype", "channel", "id")]
    return "_".join([model, *(str(each) for each in told if type(each) in (str, int))])


def transmission(document: dict[str, Any], gateway: str, found: DeviceReadings) -> list[Item]:
    """The readings of one transmission."""
    native = transmitter_of(document)
    uid = device_uid(native)
    flat = flattened(
        {key: value for key, value in document.items() if key not in NO_READINGS},
        read_text=quoted.value_of,
    )
    for problem in flat.problems:
        found.report(*problem)
    found.describe(uid, name=native.replace("_", " "), model=document["model"])
    found.add(uid, foreign_time.read(document.get("time"), found.received_us), flat.values)
    if "noise" in flat.values:
        for metric in LEVELS:
            found.has_unit(uid, metric, "dB", "signal_strength")
    items = found.or_rejected(uid)
    return [Discovered(uid, gateway), *items] if gateway else items


def _value(levels: list[str], receiver: str, message: Message, state: State) -> list[Item]:
    """One value of the topics below `devices`, which repeat what the events say."""
    gateway = device_uid(receiver)
    if receiver in state.scope(RECEIVERS):
        return [Ignored("echo", gateway)]
    *of, key = levels
    if not of or key in NO_READINGS:
        return [Ignored("echo", gateway)]
    native = "_".join(level for level in of if level != "TPMS")
    uid = device_uid(native)
    value = value_of(message.payload.decode("utf-8", "replace"))
    found = DeviceReadings(message, state)
    found.describe(uid, name=native.replace("_", " "), model=of[0])
    if value is not None and (metric := metric_name(key)):
        found.add(uid, 0, {metric: value})
    return [Discovered(uid, gateway), *found.or_rejected(uid)]
