"""Teltonika trackers: `<realm>/<client>/teltonika/<IMEI>/data`. Pure.

`{"state": {"reported": {"ts", "latlng", "alt", …, "<AVL id>": value}}}`. A vehicle is its IMEI.
"""

from __future__ import annotations

import re
from typing import Any

from bridge.decode import documents, foreign_time, latlng
from bridge.decode.device_readings import DeviceReadings
from bridge.decode.flattening import flattened
from bridge.decode.identity import metric_name
from bridge.decode.items import Ignored, Item, Problem, Reason, Rejected, Value
from bridge.decode.state import CERTAIN, State
from bridge.decode.texts import within
from bridge.decode.tolerant import Undecodable
from bridge.decode.values import is_number
from bridge.message import Message

NAME = "teltonika"
FILTERS = ("+/+/teltonika/+/data", "+/+/teltonika/+/commands")

# What the ids mean that nearly every tracker sends (Teltonika's wiki, FMB AVL IDs): name, unit, and
# what a count of one is worth.
AVL = {
    "sp": ("speed", "km/h", 1),
    "alt": ("altitude", "m", 1),
    "ang": ("heading", "°", 1),
    "sat": ("satellites", "", 1),
    "evt": ("event", "", 1),
    "pr": ("priority", "", 1),
    "239": ("ignition", "", 1),
    "240": ("movement", "", 1),
    "66": ("external_voltage", "V", 0.001),
    "67": ("battery_voltage", "V", 0.001),
    "68": ("battery_current", "A", 0.001),
    "113": ("battery_level", "%", 1),
    "21": ("gsm_signal", "", 1),
    "24": ("gnss_speed", "km/h", 1),
    "16": ("odometer", "m", 1),
    "199": ("trip_odometer", "m", 1),
    "17": ("acceleration_x", "g", 0.001),
    "18": ("acceleration_y", "g", 0.001),
    "19": ("acceleration_z", "g", 0.001),
    "181": ("pdop", "", 0.1),
    "182": ("hdop", "", 0.1),
    "69": ("gnss_status", "", 1),
    "80": ("data_mode", "", 1),
    "200": ("sleep_mode", "", 1),
    "241": ("operator", "", 1),
}
BOOLEANS = frozenset({"239", "240"})
_TOPIC = re.compile(r"[^/]+/[^/]+/teltonika/([0-9]{14,17})/(data|commands)")


def matches(topic: str, payload: bytes) -> int:  # noqa: ARG001  (the topic alone decides)
    """By the topic's shape."""
    return CERTAIN if "/teltonika/" in topic and _TOPIC.fullmatch(topic) else 0


def decode(message: Message, state: State) -> list[Item]:
    """What a tracker reports. Never raises for bad data."""
    found = _TOPIC.fullmatch(state.context.topic(message.topic))
    if found is None:
        return [Ignored("not_guessed")]
    imei = found[1]
    if found[2] == "commands":
        return [Ignored("command", imei)]
    try:
        document = documents.read(message.payload)
    except Undecodable as exc:
        return [Rejected(imei, exc.problem)]
    if isinstance(document, dict) and set(document) == {"RSP"}:
        return [Ignored("answer", imei)]  # to a command
    reported = within(document, "state", "reported")
    if not isinstance(reported, dict):
        return [Rejected(imei, Problem(Reason.WRONG_TYPE, "there is no object state.reported"))]
    return _reported(reported, imei, DeviceReadings(message, state))


def _reported(reported: dict[str, Any], imei: str, readings: DeviceReadings) -> list[Item]:
    readings.describe(imei, manufacturer="Teltonika")
    stamp = reported.get("ts")
    time_us = foreign_time.read(stamp, readings.received_us)
    readings.clock_replaced = stamp is not None and not time_us
    values: dict[str, Value] = {}
    for key, given in reported.items():
        if key == "ts":
            continue
        if key == "latlng":
            values |= latlng.degrees(given)
            continue
        name, unit, worth = AVL.get(key) or (f"avl.{key}" if key.isdigit() else key, "", 1)
        if is_number(given) and (metric := metric_name(name)):  # nearly all
            values.setdefault(metric, _worth(given, key, worth))
        else:
            flat = flattened(given, name)
            for problem in flat.problems:
                readings.report(*problem)
            for metric, value in flat.values.items():
                values.setdefault(metric, _worth(value, key, worth))
        if unit:
            readings.has_unit(imei, metric_name(name), unit)
    readings.add(imei, time_us, values)
    return readings.or_rejected(imei)


def _worth(value: Value, key: str, worth: float) -> Value:
    """A count of the id as its unit has it."""
    if worth != 1 and type(value) in (int, float):
        return round(value * worth, 3)  # type: ignore[operator]
    if key in BOOLEANS and value in (0, 1, "0", "1"):
        return value in (1, "1")
    return value
