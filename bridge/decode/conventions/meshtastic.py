"""Meshtastic's JSON: `msh/<region>/2/json/<channel>/<gateway>`. Pure.

The node that speaks is `from` in the message; the topic has only the gateway that heard it. Several
hear one packet: it counts once, by its id.
"""

from __future__ import annotations

import re
from typing import Any

from bridge.decode import documents, foreign_time
from bridge.decode.device_readings import DeviceReadings
from bridge.decode.flattening import flattened
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

NAME = "meshtastic"
# The region may have levels of its own: `msh/US/FL/2/json/…`.
FILTERS = tuple(
    f"msh/{region}2/{kind}/#"
    for region in ("", "+/", "+/+/", "+/+/+/")
    for kind in ("json", "stat")
)
NODES = 2**32

TENS_OF_MILLIONS = 10_000_000  # of a degree
# Packets of the mesh about itself, and places on a map that no node is at.
NO_READINGS = frozenset({"neighborinfo", "traceroute", "waypoint", "sendtext", "sendposition"})
UNITS = {
    "battery_level": "%",
    "voltage": "V",
    "channel_utilization": "%",
    "air_util_tx": "%",
    "uptime_seconds": "s",
    "temperature": "°C",
    "relative_humidity": "%",
    "lux": "lx",
    "barometric_pressure": "hPa",
    "gas_resistance": "MΩ",
    "wind_speed": "m/s",
    "altitude": "m",
    "wind_direction": "°",
    "wind_gust": "m/s",
    "pm10": "µg/m³",
    "pm25": "µg/m³",
    "snr": "dB",
    "pm100": "µg/m³",
    "rssi": "dBm",
    "latitude": "°",
    "longitude": "°",
    "weight": "kg",
    **{f"voltage_ch{channel}": "V" for channel in (1, 2, 3)},
    **{f"current_ch{channel}": "mA" for channel in (1, 2, 3)},
    "current": "mA",
    "distance": "mm",
    "ground_speed": "m/s",
    **dict.fromkeys(("pm10_standard", "pm25_standard", "pm100_standard"), "µg/m³"),
    **dict.fromkeys(("pm10_environmental", "pm25_environmental", "pm100_environmental"), "µg/m³"),
}
# Its names of dust are in tenths of a micrometre: `pm10` is PM1, `pm100` is PM10.
DUST = {"pm10": "pm1", "pm25": "pm25", "pm100": "pm10"}
_TOPIC = re.compile(r"msh/(?:.+/)?2/(json|stat)/(?:.*/)?([^/]+)")


def matches(topic: str, payload: bytes) -> int:  # noqa: ARG001  (the topic alone decides)
    """By the topic's shape."""
    return CERTAIN if topic.startswith("msh/") and _TOPIC.fullmatch(topic) else 0


def decode(message: Message, state: State) -> list[Item]:
    """What a node says. Never raises for bad data."""
    found = _TOPIC.fullmatch(state.context.topic(message.topic))
    if found is None:
        return [Ignored("not_guessed")]
    gateway = node_of(found[2])
    if found[1] == "stat":
        if gateway and message.payload in (b"online", b"offline"):
            return [Presence(gateway, message.payload == b"online")]
        return [Ignored("mesh")]
    try:
        packet = documents.read_object(message.payload)
    except Undecodable as exc:
        return [Rejected(gateway, exc.problem)]
    return _heard(packet, gateway, message, state)


def _heard(packet: dict[str, Any], gateway: str, message: Message, state: State) -> list[Item]:
    node = node_of(packet.get("from"))
    if not node:
        problem = Problem(Reason.BAD_UID, "the packet has no `from` that is a node")
        return [Rejected(gateway, problem)]
    if str(packet.get("type")) in NO_READINGS or not isinstance(packet.get("payload"), dict):
        return [Ignored("mesh", node)]
    number = packet.get("id")
    if type(number) is int and state.context.is_repeated((NAME, node, number)):
        return [Ignored("heard_twice", node)]
    items = _packet(packet, node, DeviceReadings(message, state))
    return items if gateway in ("", node) else [Discovered(node, gateway), *items]


def node_of(told: Any) -> str:
    """A node's number in eight hex digits; "" if it is none. Firmware before 2.2 has it signed."""
    if type(told) is int and -NODES // 2 <= told < NODES:
        return f"{told % NODES:08x}"
    if type(told) is str and re.fullmatch(r"!?[0-9a-fA-F]{8}", told):
        return told.removeprefix("!").lower()
    return ""


def _packet(packet: dict[str, Any], node: str, found: DeviceReadings) -> list[Item]:
    payload: dict[str, Any] = packet["payload"]
    if packet.get("type") == "nodeinfo":
        name = _name(payload.get("longname")) or _name(payload.get("shortname"))
        found.describe(node, name=name)
        found.is_called(node, f"!{node}")
        return found.items() or [Ignored("mesh", node)]
    stamp = payload.get("time") or packet.get("timestamp")
    if packet.get("type") == "position":
        values = _position(payload)
    else:
        told = {
            key: _name(value) if type(value) is str else value for key, value in payload.items()
        }
        flat = flattened(told, ignored=frozenset({"time", "id"}), read_text=_said)
        for problem in flat.problems:
            found.report(*problem)
        values = flat.values
    for radio in ("rssi", "snr"):
        if type(packet.get(radio)) in (int, float):
            values |= flattened(packet[radio], radio).values
    found.is_called(node, f"!{node}")
    found.add(node, foreign_time.read(stamp, found.received_us), values)
    for metric in values:
        if metric in UNITS:
            found.has_unit(node, metric, UNITS[metric], DUST.get(metric.partition("_")[0], ""))
    return found.or_rejected(node)


def _position(payload: dict[str, Any]) -> dict[str, Value]:
    """Degrees; a node without a fix says 0, 0."""
    kept = {
        name: payload[name]
        for name in ("altitude", "ground_speed", "ground_track", "sats_in_view", "PDOP")
        if name in payload
    }
    values = flattened(kept).values
    latitude, longitude = payload.get("latitude_i"), payload.get("longitude_i")
    if type(latitude) is int and type(longitude) is int and (latitude or longitude):
        values["latitude"] = latitude / TENS_OF_MILLIONS
        values["longitude"] = longitude / TENS_OF_MILLIONS
    return values


def _name(text: Any) -> str:
    """Without the NUL with which C fills a name up."""
    return text.partition("\0")[0].strip()[:128] if type(text) is str else ""


def _said(text: str) -> str | None:
    return text or None
