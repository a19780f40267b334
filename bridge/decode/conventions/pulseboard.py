"""Pulseboard's own convention: devices/{uid}/telemetry and devices/{uid}/status. Pure."""

from __future__ import annotations

from bridge.decode import json_values
from bridge.decode.items import Item, Presence, Problem, Reason, Rejected, Telemetry
from bridge.decode.state import CERTAIN, Route, State
from bridge.decode.storable import UID
from bridge.message import Message

NAME = "pulseboard"
FILTERS = ("devices/+/telemetry", "devices/+/status")


def matches(topic: str, payload: bytes) -> int:  # noqa: ARG001  (the topic alone decides)
    """Confidence, 0 to 100, that this convention explains the message."""
    parts = topic.split("/")
    known = len(parts) == 3 and parts[0] == "devices" and parts[2] in ("telemetry", "status")
    return CERTAIN if known else 0


def decode(message: Message, state: State) -> list[Item]:
    """The one item of the message. Never raises for bad data."""
    context = state.context
    uid, channel, valid = context.route(message.topic, _route)
    if not valid:
        detail = f"the uid {uid[:80]!a} is not 1 to 64 letters, digits, '_' or '-'"
        return [Rejected("", Problem(Reason.BAD_UID, detail))]
    if channel == "status":
        return [_status(uid, message.payload)]
    context.plain.expect(message.topic, uid)
    return [telemetry(uid, message)]


def _route(topic: str) -> Route:
    _, uid, channel = topic.split("/")
    return Route(uid, channel, UID.fullmatch(uid) is not None)


def _status(uid: str, payload: bytes) -> Item:
    if payload in (b"online", b"offline"):
        return Presence(uid, payload == b"online")
    problem = Problem(Reason.BAD_STATUS, f"{payload[:40]!r} is neither 'online' nor 'offline'")
    return Rejected(uid, problem)


def telemetry(uid: str, message: Message) -> Item:
    """Any telemetry of a device, whatever way it came."""
    try:
        reading = json_values.read(message.payload, message.received_us)
    except json_values.Undecodable as exc:
        return Rejected(uid, exc.problem)
    return Telemetry(uid, reading.samples, tuple(reading.problems), reading.clock_replaced)
