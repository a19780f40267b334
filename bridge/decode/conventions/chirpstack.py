"""ChirpStack v4 and v3: `application/{id}/device/{DevEUI}/event/{event}`, also the older topics
without `event`.

Three ways to write it: v4's JSON, v3's JSON with the EUI in hex and `object`, and v3's protobuf as
JSON with the EUI in base64 and the object as a text in `objectJSON`. Pure.
"""

from __future__ import annotations

from typing import Any

from bridge.decode import documents, lorawan
from bridge.decode.descriptions import said
from bridge.decode.identity import device_uid
from bridge.decode.items import (
    Described,
    Ignored,
    Item,
    Problem,
    Reason,
    Rejected,
    Sample,
    Telemetry,
    Value,
)
from bridge.decode.state import CERTAIN, State
from bridge.decode.texts import members, objects, within
from bridge.decode.tolerant import Undecodable
from bridge.message import Message

NAME = "chirpstack"
OLD_EVENTS = {"rx": "up", "status": "status", "join": "join", "location": "location"}
FILTERS = (
    "application/+/device/+/event/+",
    *(f"application/+/device/+/{event}" for event in OLD_EVENTS),
)
READ = ("up", "status", "join", "location")
NOISE = ("ack", "txack", "log", "error", "integration", "tx", "command")
EVENT = "lorawan_event"  # the reason noise is ignored for; its subject is the event
SIGNED = 50  # confidence where only the payload says what it is
PROTOBUF = "this is no JSON: set json=true under [integration.mqtt] of ChirpStack"


def matches(topic: str, payload: bytes) -> int:
    """Confidence, 0 to 100, that this convention explains the message."""
    if _route(topic)[1]:
        return CERTAIN
    if b'"deviceInfo"' not in payload and b'"devEUI"' not in payload:
        return 0
    return SIGNED if _event_of(documents.peek(payload)) else 0


def reach(topic: str) -> int:
    """The most it claims of a topic, whatever the payload."""
    return max(matches(topic, b""), SIGNED)


def decode(message: Message, state: State) -> list[Item]:
    """Never raises for bad data."""
    on_topic, event = _route(state.context.topic(message.topic))
    if event in NOISE:
        return [Ignored(EVENT, event)]
    native = lorawan.eui(on_topic) or on_topic
    try:
        document = documents.read(message.payload)
    except Undecodable as exc:
        trouble = exc.problem
        if trouble.reason in (Reason.NOT_UTF8, Reason.MALFORMED_JSON):
            trouble = Problem(trouble.reason, PROTOBUF)
        return [Rejected(device_uid(native), trouble)]
    if not isinstance(document, dict):
        return [Rejected(device_uid(native), Problem(Reason.WRONG_TYPE, "it is no object"))]
    device = _device(document, native)
    if not device.uid:
        return [Rejected("", Problem(Reason.BAD_UID, "no DevEUI names the device"))]
    return _said(device, event or _event_of(document), document, message.received_us)


def _said(device: Described, event: str, document: dict[str, Any], received_us: int) -> list[Item]:
    if event not in READ:
        return [Ignored(EVENT, uid=device.uid)]
    if event == "join":
        return [device]
    problems: tuple[Problem, ...] = ()
    if event == "up":
        values, problems = _uplink(document)
    elif event == "status":
        values = _status(document)
    else:
        values = lorawan.location(document.get("location"))
    if not values:
        nothing = Problem(Reason.NO_VALUES, f"the event {event} holds no value")
        return [Rejected(device.uid, problems[0] if problems else nothing)]
    time_us = lorawan.first_time(_stamps(document), received_us)
    return [device, Telemetry(device.uid, [Sample(time_us, values)], problems)]


def _route(topic: str) -> tuple[str, str]:
    """The device's level and the event; "" twice where the topic is no device's."""
    levels = topic.split("/")
    if len(levels) < 5 or levels[0] != "application" or levels[2] != "device":
        return "", ""
    if levels[4] == "event" and len(levels) == 6:
        return levels[3], levels[5] if levels[5] in (*READ, *NOISE) else ""
    old = OLD_EVENTS.get(levels[4], levels[4])
    return levels[3], old if old in (*READ, *NOISE) else ""


def _event_of(document: Any) -> str:
    """What an event is whose topic does not say it; "" of anything that is no event."""
    if not isinstance(document, dict):
        return ""
    v4 = lorawan.eui(within(document, "deviceInfo", "devEui"))
    if not v4 and not lorawan.eui(document.get("devEUI")):
        return ""
    if "margin" in document:
        return "status"
    if isinstance(document.get("location"), dict):
        return "location"
    if "rxInfo" in document or "object" in document or "fPort" in document:
        return "up"
    return "join" if "devAddr" in document else ""


def _uplink(document: dict[str, Any]) -> tuple[dict[str, Value], tuple[Problem, ...]]:
    decoded = document.get("object")
    inner = document.get("objectJSON")
    if not isinstance(decoded, dict) and isinstance(inner, str) and inner:
        try:
            decoded = documents.read(inner.encode("utf-8", "surrogatepass"))
        except Undecodable as exc:
            return {}, (Problem(exc.problem.reason, f"in objectJSON, {exc.problem.detail}"),)
    problems: tuple[Problem, ...]
    if isinstance(decoded, dict) and decoded:
        found = lorawan.measured(decoded)
        values, problems = found.values, tuple(found.problems)
    else:
        tags = within(document, "deviceInfo", "tags") or document.get("tags")
        values, problems = lorawan.undecoded(document.get("data"), tags)
    ratio = "snr" if "deviceInfo" in document else "loRaSNR"
    return {**lorawan.link(document.get("rxInfo"), ratio, document.get("fCnt")), **values}, problems


def _status(document: dict[str, Any]) -> dict[str, Value]:
    """A default that is left out is 0; a battery that is not known says nothing."""
    values: dict[str, Value] = {}
    external = document.get("externalPowerSource") is True
    if not external and document.get("batteryLevelUnavailable") is not True:
        level = document.get("batteryLevel", 0)
        if type(level) in (int, float) and 0 <= level <= 100:
            values["battery"] = level
    margin = document.get("margin", 0)
    if type(margin) is int and abs(margin) < 128:
        values["link.margin"] = margin
    values["external_power"] = external
    return values


def _stamps(document: dict[str, Any]) -> list[Any]:
    heard = objects(document.get("rxInfo"), lorawan.MAX_GATEWAYS)
    return [
        document.get("time"),
        *(each.get("time") for each in heard),
        document.get("publishedAt"),
    ]


def _device(document: dict[str, Any], on_topic: str) -> Described:
    info = members(document.get("deviceInfo")) or document
    native = lorawan.eui(info.get("devEui") or info.get("devEUI")) or on_topic
    return Described(
        device_uid(native),
        name=said(info.get("deviceName")),
        model=said(info.get("deviceProfileName")),
        area=said(info.get("applicationName")),
    )
