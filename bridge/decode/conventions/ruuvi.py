"""Ruuvi Gateway: `ruuvi/<gateway's MAC>/<tag's MAC>` with the bytes a tag advertised. Pure.

A tag is its MAC address without colons, as OpenMQTTGateway has it too.
"""

from __future__ import annotations

import re
from typing import Any

from bridge.decode import documents, foreign_time, ruuvi_advertisement
from bridge.decode.device_readings import DeviceReadings
from bridge.decode.flattening import flattened
from bridge.decode.identity import bare_mac
from bridge.decode.items import (
    Discovered,
    Ignored,
    Item,
    Presence,
    Problem,
    Reason,
    Rejected,
    Value,
)
from bridge.decode.state import CERTAIN, State
from bridge.decode.tolerant import Undecodable
from bridge.message import Message

NAME = "ruuvi"
FILTERS = ("ruuvi/#",)
BY_PAYLOAD = 58

# Of what the gateway decoded itself: how, and how often. What has gone before is in the topic.
NO_READINGS = frozenset(
    {"gw_mac", "rssi", "aoa", "gwts", "ts", "cnt", "data", "coords", "id", "dataFormat"}
    | {"measurementSequenceNumber", "flag_button_pressed", "flag_rtc_running_on_boot"}
)
_TOPIC = re.compile(
    r"(?:.*/)?((?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2})/(gw_status|(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2})"
)


def matches(topic: str, payload: bytes) -> int:
    """By two MAC addresses in a row."""
    if topic.startswith("ruuvi/") and _TOPIC.fullmatch(topic):
        return CERTAIN
    if (b'"gw_mac"' in payload or topic.endswith("/gw_status")) and _TOPIC.fullmatch(topic):
        return BY_PAYLOAD
    return 0


def reach(topic: str) -> int:
    """The most it claims of a topic, whatever the payload."""
    return matches(topic, b'"gw_mac"')


def decode(message: Message, state: State) -> list[Item]:
    """What a tag measured, or whether its gateway is there. Never raises for bad data."""
    found = _TOPIC.fullmatch(state.context.topic(message.topic))
    if found is None:
        return [Ignored("not_guessed")]
    gateway, tag = map(bare_mac, found.groups())
    if found[2] == "gw_status":
        return [_status(gateway, message)]
    try:
        document = documents.read_object(message.payload)
    except Undecodable as exc:
        return [Rejected(tag, exc.problem)]
    return _tag(document, tag, (gateway, found[2]), DeviceReadings(message, state))


def _status(gateway: str, message: Message) -> Item:
    try:
        document = documents.read(message.payload)
    except Undecodable as exc:
        return Rejected(gateway, exc.problem)
    said = document.get("state") if isinstance(document, dict) else None
    if said in ("online", "offline"):
        return Presence(gateway, said == "online")
    return Rejected(gateway, Problem(Reason.BAD_STATUS, f"{ascii(said)[:40]} is no state"))


def _tag(
    document: dict[str, Any], tag: str, how: tuple[str, str], found: DeviceReadings
) -> list[Item]:
    gateway, address = how
    values = _measured(document)
    if values is None:
        return [Ignored("not_ruuvi", gateway)]  # a beacon of another make, relayed too
    if type(document.get("rssi")) is int:
        values |= flattened(document["rssi"], "rssi").values
    found.describe(tag, manufacturer="Ruuvi")
    found.is_called(tag, address)
    found.add(tag, foreign_time.read(document.get("ts"), found.received_us), values)
    for metric in values:
        if metric in ruuvi_advertisement.UNITS:
            quantity = "acceleration" if metric.startswith("accel") else ""
            found.has_unit(tag, metric, ruuvi_advertisement.UNITS[metric], quantity)
    return [Discovered(tag, gateway), *found.or_rejected(tag)]


def _measured(document: dict[str, Any]) -> dict[str, Value] | None:
    data = document.get("data")
    if type(data) is str and len(data) <= 2 * ruuvi_advertisement.MAX_ADVERTISEMENT:
        try:
            return ruuvi_advertisement.values_of(bytes.fromhex(data))
        except ValueError:
            return None
    if "dataFormat" not in document:
        return None
    kept = {
        key.replace(".", "_"): value for key, value in document.items() if key not in NO_READINGS
    }
    return flattened(kept).values
