"""Shelly Gen1: one scalar a topic under `shellies/<id>/`. Pure."""

from __future__ import annotations

import re
from typing import Any

from bridge.decode import documents
from bridge.decode.conventions.shelly.quantities import described
from bridge.decode.flattening import flattened
from bridge.decode.identity import bare_mac, device_uid, metric_name
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
from bridge.decode.scalars import ON_OFF, TRUE_FALSE, value_of
from bridge.decode.state import State
from bridge.decode.texts import members, word
from bridge.message import Message

WORDS = {**ON_OFF, **TRUE_FALSE}
_SWITCHED = re.compile(r"input/[0-9]+|longpush/[0-9]+|overtemperature|sensor/(?:vibration|charger)")
_EVENT = re.compile(r"input_event/[0-9]+")
# The same in Fahrenheit, reasons of waking up, texts for people.
_TWICE = re.compile(
    r"temperature_f|sensor/(?:act_reasons|error)|ext_(?:temperatures|humidities)|.*_f"
)
_STATUS = re.compile(r"(?:light|color|white|roller)/[0-9]+/status")
# What a motion sensor and a radiator's valve tell in one document, by the names of the topics that
# other sensors have for it.
_IN_STATUS = {
    "motion": "sensor.motion",
    "vibration": "sensor.vibration",
    "lux": "sensor.lux",
    "bat": "sensor.battery",
    "tmp": "sensor.temperature",
    "target_t": "thermostat.target_temperature",
    "pos": "thermostat.pos",
}
_NO_READINGS = frozenset(
    {"source", "has_timer", "timer_started", "timer_duration", "mode", "effect"}
)


def announced(uid: str, message: Message) -> list[Item]:
    """`shellies/announce`, where the payload names the device, and its own `announce`."""
    if not message.payload:
        return [Ignored("cleared", "announce", uid)]
    told = documents.peek(message.payload)
    if not isinstance(told, dict):
        detail = "an announcement is an object"
        return [Rejected(uid, Problem(Reason.WRONG_TYPE, detail))]
    native = word(told.get("id"))
    if not native:
        return [Ignored("no_device", "announce")]
    mac = bare_mac(word(told.get("mac")))
    return [
        Described(
            device_uid(native),
            model=word(told.get("model")),
            firmware=word(told.get("fw_ver")),
            manufacturer="Shelly",
            aliases=(mac,) if mac else (),
        )
    ]


def said(uid: str, channel: str, message: Message, state: State) -> list[Item]:
    """One topic of a device."""
    if channel == "announce":
        return announced(uid, message)
    if channel.endswith(("command", "/set")):
        return [Ignored("command", "", uid)]
    if not message.payload:
        return [Ignored("cleared", channel[:40], uid)]
    values = _values(channel, message.payload)
    if not values:
        return [Ignored("no_values", channel[:40], uid)]
    items: list[Item] = [Telemetry(uid, [Sample(0, values)])]
    if state.context.due(uid, tuple(values), message.received_us):
        items += described(uid, values)
    return items


def _values(channel: str, payload: bytes) -> dict[str, Value]:
    if whole := _WHOLE.get(channel):
        return whole(members(documents.peek(payload)))
    levels = channel.split("/")
    if _EVENT.fullmatch(channel):
        event = word(members(documents.peek(payload)).get("event"))
        return {metric_name(*levels): event} if event else {}
    if _STATUS.fullmatch(channel):
        document = members(documents.peek(payload))
        return flattened(document, *levels[:-1], ignored=_NO_READINGS).values
    text = payload.decode("utf-8", "replace").strip()
    if _TWICE.fullmatch(channel) or text.startswith(("{", "[")):
        return {}
    metric = metric_name(*levels)
    if _SWITCHED.fullmatch(channel) and text in ("0", "1"):
        return {metric: text == "1"}
    value = value_of(text, WORDS)
    return {} if value is None or not metric else {metric: value}


def _of_status(document: dict[str, Any]) -> dict[str, Value]:
    """Temperatures are `{"value": 21.3, "units": "C"}`."""
    told: dict[str, Any] = {}
    for key, metric in _IN_STATUS.items():
        value = document.get(key)
        if isinstance(value, dict):
            fahrenheit = "_f" if value.get("units") == "F" else ""
            if value.get("is_valid") is not False:
                told[metric + fahrenheit] = value.get("value")
        else:
            told[metric] = value
    return flattened(told).values


def _info(document: dict[str, Any]) -> dict[str, Value]:
    """The whole status; what it says of relays and meters has its own topics."""
    radio = {"rssi": members(document.get("wifi_sta")).get("rssi")}
    own = {key: document.get(key) for key in ("uptime", "ram_free")}
    return flattened({"wifi": radio, **own}).values


_WHOLE = {"info": _info, "status": _of_status}  # channels that are a document of all values
