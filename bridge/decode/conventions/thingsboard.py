"""ThingsBoard's gateway API, and its device API where the topic names the device. Pure.

A gateway names its devices in the payload. A device that publishes to `v1/devices/me/telemetry` is
named by the credential it connects with, which only its broker sees: such a topic stays unread, and
`bridge.decode.conventions.unread` says what to do. Where the broker puts the name into the topic,
by a rewrite to `v1/devices/{device}/telemetry` or a mount point `{device}/v1/devices/me/telemetry`,
it is read.
"""

from __future__ import annotations

from typing import Any

import msgspec

from bridge.decode import device_time, documents
from bridge.decode.descriptions import said
from bridge.decode.flattening import flattened
from bridge.decode.identity import device_uid
from bridge.decode.items import (
    Described,
    Ignored,
    Item,
    Presence,
    Problem,
    Reason,
    Rejected,
    Telemetry,
)
from bridge.decode.reading import MAX_VALUES, Reading
from bridge.decode.scalars import value_of
from bridge.decode.state import CERTAIN, State
from bridge.decode.tolerant import Undecodable
from bridge.message import Message

NAME = "thingsboard"
DEVICE = ("telemetry", "attributes")  # what is read of a device's topics
GATEWAY = (*DEVICE, "connect", "disconnect")  # and of a gateway's
FILTERS = (
    *(f"v1/gateway/{channel}" for channel in GATEWAY),
    *(f"v1/devices/+/{channel}" for channel in DEVICE),
    *(f"+/v1/devices/me/{channel}" for channel in DEVICE),
)
REQUEST = "thingsboard_request"  # why questions, commands and their answers are ignored
MAX_DEVICES = 1_000  # devices a gateway speaks for in one message

# The short topics, of JSON; those of protobuf (`v2/t/p`) need the server's own schema.
SHORT = {
    "v2/t": "telemetry",
    "v2/t/j": "telemetry",
    "v2/a": "attributes",
    "v2/a/j": "attributes",
}

# What an attribute says of its device, by its key.
MODEL, FIRMWARE, MANUFACTURER = "model", "firmware", "manufacturer"
ABOUT = {
    "model": MODEL,
    "device_model": MODEL,
    "manufacturer": MANUFACTURER,
    "fw_version": FIRMWARE,
    "current_fw_version": FIRMWARE,
    "firmwareVersion": FIRMWARE,
    "firmware_version": FIRMWARE,
}


def matches(topic: str, payload: bytes) -> int:  # noqa: ARG001  (the topic alone decides)
    """Confidence, 0 to 100, that this convention explains the message."""
    return CERTAIN if _route(topic)[1] else 0


def decode(message: Message, state: State) -> list[Item]:
    """One device's items, or those of each device a gateway speaks for. Never raises for bad
    data."""
    native, channel = _route(state.context.topic(message.topic))
    if channel == REQUEST:
        return [Ignored(REQUEST)]
    uid = device_uid(native)
    try:
        document = documents.read(message.payload)
    except Undecodable as exc:
        return [Rejected(uid, exc.problem)]
    if native:
        return _of_device(uid, native, channel, document, message.received_us)
    if not isinstance(document, dict):
        return [Rejected("", Problem(Reason.WRONG_TYPE, "the payload is no object of devices"))]
    return _of_gateway(channel, document, message.received_us)


def _of_gateway(channel: str, document: dict[str, Any], received_us: int) -> list[Item]:
    if channel in ("connect", "disconnect"):
        return _presence(document, online=channel == "connect")
    if isinstance(document.get("device"), str):  # how the server itself writes on these topics
        return [Ignored(REQUEST)]
    if len(document) > MAX_DEVICES:
        many = f"{len(document)} devices in one message, over {MAX_DEVICES}"
        return [Rejected("", Problem(Reason.TOO_MANY_VALUES, many))]
    said_of_all = [
        item
        for name, given in document.items()
        for item in _of_device(device_uid(name), name, channel, given, received_us)
    ]
    return said_of_all or [Rejected("", Problem(Reason.NO_VALUES, "no device is named"))]


def _route(topic: str) -> tuple[str, str]:
    """The device the topic names, "" for a gateway's, and the channel: "" of any other topic."""
    levels = topic.split("/")
    if len(levels) > 4 and levels[1:4] == ["v1", "devices", "me"]:
        levels = ["v1", "devices", levels[0], *levels[4:]]
    if levels[:2] == ["v1", "gateway"] and len(levels) > 2:
        read = len(levels) == 3 and levels[2] in GATEWAY
        return "", levels[2] if read else REQUEST
    if levels[:3] == ["v1", "devices", "me"]:
        return "", REQUEST if _is_request(levels[3:]) else ""
    if levels[:2] == ["v1", "devices"] and len(levels) > 3 and levels[2]:
        read = len(levels) == 4 and levels[3] in DEVICE
        return levels[2], levels[3] if read else REQUEST
    return "", ""


def _is_request(levels: list[str]) -> bool:
    """Whether what is under a device is a question, a command or an answer, whoever it is."""
    return levels[:1] in (["rpc"], ["claim"]) or (levels[:1] == ["attributes"] and len(levels) > 1)


def _presence(document: dict[str, Any], *, online: bool) -> list[Item]:
    name = document.get("device")
    if not isinstance(name, str) or not name:
        return [Rejected("", Problem(Reason.BAD_UID, 'no "device" names the device'))]
    uid = device_uid(name)
    kind = said(document.get("type"))
    about = Described(uid, name=said(name), model="" if kind == "default" else kind)
    return [about, Presence(uid, online)]


def of_device(uid: str, topic: str, message: Message) -> list[Item]:
    """What a device says to the device API itself, known by its token (`bridge.thingsboard`)."""
    levels = topic.split("/")
    channel = SHORT.get(topic, "")
    if levels[:3] == ["v1", "devices", "me"]:
        channel = levels[3] if len(levels) == 4 and levels[3] in DEVICE else ""
        if not channel and _is_request(levels[3:]):
            channel = REQUEST
    if channel == REQUEST or levels[:2] == ["v2", "fw"]:
        return [Ignored(REQUEST, uid=uid)]
    if not channel:
        where = f"{topic[:120]!a} is no topic of ThingsBoard's device API"
        return [Rejected(uid, Problem(Reason.UNKNOWN_TOPIC, where))]
    try:
        document = documents.read(message.payload)
    except Undecodable as exc:
        return [Rejected(uid, exc.problem)]
    return _of_device(uid, "", channel, document, message.received_us)


def attributes(uid: str, message: Message) -> list[Item]:
    """Attributes over HTTP, of a device that is known by its token."""
    try:
        document = documents.read(message.payload)
    except Undecodable as exc:
        return [Rejected(uid, exc.problem)]
    return _of_device(uid, "", "attributes", document, message.received_us)


def _of_device(uid: str, name: str, channel: str, given: Any, received_us: int) -> list[Item]:
    if not uid:
        return [Rejected("", Problem(Reason.BAD_UID, "a device has an empty name"))]
    described = Described(uid, name=said(name))
    if channel == "attributes" and isinstance(given, dict):
        told = {ABOUT[key]: said(value) for key, value in given.items() if key in ABOUT}
        described = msgspec.structs.replace(described, **told)
        given = {key: value for key, value in given.items() if key not in ABOUT}
        if told and not given:
            return [described]
    reading = Reading(received_us)
    for index, element in enumerate(given) if isinstance(given, list) else ((None, given),):
        if reading.count > MAX_VALUES:
            reading.report(Reason.TOO_MANY_VALUES, f"more than {MAX_VALUES} values of a device")
            break
        _add(reading, element, index, timed=channel == "telemetry")
    if not reading.samples:
        nothing = Problem(Reason.NO_VALUES, "there is no value")
        return [Rejected(uid, reading.problems[0] if reading.problems else nothing)]
    problems = tuple(reading.problems)
    return [described, Telemetry(uid, reading.samples, problems, reading.clock_replaced)]


def _add(reading: Reading, element: Any, index: int | None, *, timed: bool) -> None:
    """What the element, an object of values or one with `ts` and `values`, says. A time that cannot
    be true gives way to the time of receipt where the element came alone; one of many is refused,
    as Pulseboard's own forms have it."""
    where = "ts" if index is None else f"[{index}].ts"
    if not isinstance(element, dict):
        reading.report(Reason.WRONG_TYPE, f"{where[:-3] or 'the value'} is no object of values")
        return
    time_us, values = 0, element
    if timed and element.get("ts") is not None and isinstance(element.get("values"), dict):
        values = element["values"]
        found = device_time.read(element["ts"], reading.received_us, where)
        if isinstance(found, int):
            time_us = found
        else:
            reading.report(*found)
            if index is not None:
                return
            reading.clock_replaced = True
    flat = flattened(values, read_text=value_of)
    reading.count += len(flat.values)
    for problem in flat.problems:
        reading.report(*problem)
    if flat.values:
        reading.add(time_us, flat.values)
