"""OpenMQTTGateway and Theengs Gateway: BLE, 433 MHz and wired sensors behind an ESP32. Pure.

`<base>/<gateway>/<what>toMQTT[/<which>]`. A beacon is its MAC address, through whichever gateway it
is heard. Advertisements that nobody decoded, and addresses that change, are no devices.
"""

from __future__ import annotations

import re
from typing import Any

from bridge.decode import documents, quoted
from bridge.decode.conventions.rtl_433 import transmission, transmitter_of
from bridge.decode.device_readings import DeviceReadings
from bridge.decode.flattening import flattened
from bridge.decode.identity import bare_mac, device_uid
from bridge.decode.items import (
    Described,
    Discovered,
    Ignored,
    Item,
    Presence,
    Problem,
    Reason,
    Rejected,
)
from bridge.decode.state import CERTAIN, State
from bridge.decode.tolerant import Undecodable
from bridge.message import Message

NAME = "openmqttgateway"
MODULES = (
    *("BT", "RTL_433", "433", "Pilight", "SRFB", "IR", "LORA", "SYS", "DHT", "CLIMA", "HCSR501"),
    *("HCSR04", "ADC", "GPIOInput", "RS232", "WEATHER", "TSL2561", "INA226", "RF", "2G"),
)
FILTERS = (
    *(f"+/+/{module}toMQTT/#" for module in MODULES),
    *("home/+/LWT", "home/+/version"),
)
BY_WORD = 60  # `home/gateway/LWT` with Theengs' own words
CODES = frozenset(
    {"433", "SRFB", "IR", "RF", "2G"}
)  # what remote controls send, and no measurement

# Of a beacon: what it is, how it was heard, and bytes that are decoded beside.
NO_READINGS = frozenset(
    {"id", "mac", "mac_type", "name", "brand", "model", "model_id", "type", "cidc", "acts", "track"}
    | {"device", "servicedata", "servicedatauuid", "manufacturerdata", "mfid", "uuid", "major"}
    | {"minor", "txpower", "prmac", "ctrl", "cont", "encr", "adv_type", "avgu", "sumu", "unit"}
    | {"serial", "modeltype", "beaconmodel", "packet", "seq", "time", "time_min", "time_max"}
    | {"cipher", "ctr", "mic"}  # of an advertisement that is encrypted
)
OF_SENSOR = frozenset({"unit", "addr", "type", "res"})  # what a wired sensor is
OF_GATEWAY = frozenset({"uptime", "freemem", "rssi", "tempc"})  # what it measures of itself
HEARD = frozenset({"rssi", "distance"})  # what every advertisement has
UNITS = {
    "tempc": "°C",
    "hum": "%",
    "batt": "%",
    "volt": "V",
    "pres": "hPa",
    "lux": "lx",
    "moi": "%",
    "fer": "µS/cm",
    "for": "mg/m³",
    "accx": "m/s²",
    "accy": "m/s²",
    "accz": "m/s²",
    "rssi": "dBm",
    "distance": "m",
    "co2": "ppm",
    "pm25": "µg/m³",
    "pm10": "µg/m³",
    "lvl_cm": "cm",
    "bpm": "bpm",
    "act_bpm": "bpm",
    "impedance": "Ω",
    "darkness": "lx",
    "energy": "kWh",
    "litres": "L",
    "seconds": "s",
    "tx": "dBm",
    "x_axis": "m/s²",
    "y_axis": "m/s²",
    "z_axis": "m/s²",
    "uptime": "s",
    "freemem": "B",
    "tempf": "°F",
}
UNITS_OF_MODEL = {"TPMS": {"pres": "bar"}, "SBBT": {"open": "%"}, "RC1010": {"level": "%"}}
_UNIT_KEYS = {"avg": "avgu", "sum": "sumu", "weight": "unit"}  # where a metric's unit is told
# What is told in two units: the second goes where the first is.
_AGAIN = ("tempf", "lvl_in")
_KEPT = {"tempf": "tempc", "lvl_i": "lvl_cm"}
_TOPIC = re.compile(r"(?:(.+)/)?([^/]+)/([A-Za-z0-9_]+)toMQTT(?:/(.*))?")
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}:?){5}[0-9A-Fa-f]{2}")


def matches(topic: str, payload: bytes) -> int:
    """By the level that every message of a gateway has."""
    if "toMQTT" in topic:
        return CERTAIN if _TOPIC.fullmatch(topic) else 0
    if not topic.startswith("home/") or topic.count("/") != 2:
        return 0
    if topic.endswith("/LWT") and payload in (b"online", b"offline"):
        return BY_WORD
    return BY_WORD if topic.endswith("/version") else 0


def reach(topic: str) -> int:
    """The most it claims of a topic, whatever the payload."""
    return matches(topic, b"online")


def decode(message: Message, state: State) -> list[Item]:
    """What a sensor says, or its gateway. Never raises for bad data."""
    topic = state.context.topic(message.topic)
    found = _TOPIC.fullmatch(topic)
    if found is None:
        return [_of_gateway(topic, message.payload)]
    _, name, module, which = found.groups()
    gateway = device_uid(name)
    try:
        document = documents.read_object(message.payload)
    except Undecodable as exc:
        return [Rejected(gateway, exc.problem)]
    return _said(document, (module, which or ""), gateway, DeviceReadings(message, state))


def _said(
    document: dict[str, Any], channel: tuple[str, str], gateway: str, said: DeviceReadings
) -> list[Item]:
    """What came below a gateway's topic, of a module and of which of its sensors."""
    module, which = channel
    if module == "RTL_433":
        return _transmission(document, gateway, said)
    if module == "BT":
        return _beacon(document, which, gateway, said)
    if module == "Pilight" and isinstance(document.get("message"), dict):
        return _pilight(document, gateway, said)
    if module in CODES:
        return _code(document, module, gateway, said)
    return _own(document, channel, gateway, said)


def _transmission(document: dict[str, Any], gateway: str, said: DeviceReadings) -> list[Item]:
    if document.get("model") == "status" or not transmitter_of(document):
        return [Ignored("receiver", gateway)]
    kept = {key: value for key, value in document.items() if key != "duration"}
    return transmission(kept, gateway, said)


def _of_gateway(topic: str, payload: bytes) -> Item:
    gateway = device_uid(topic.split("/", 2)[1])
    if topic.endswith("/LWT"):
        return Presence(gateway, payload == b"online")
    return Described(gateway, firmware=payload[:64].decode("utf-8", "replace").replace("\0", ""))


def _beacon(
    document: dict[str, Any], which: str, gateway: str, found: DeviceReadings
) -> list[Item]:
    told = which or document.get("id")
    if type(told) is not str or not told:
        return [Rejected(gateway, Problem(Reason.BAD_UID, "the beacon has no id"))]
    native = bare_mac(told) if _MAC.fullmatch(told) else told
    uid = device_uid(native)
    if document.get("type") == "RMAC" or document.get("prmac") is True:
        return [Ignored("random_address", gateway)]
    values = _values(document)
    if not (values.keys() - HEARD):
        return [Ignored("undecoded_beacon", gateway)]
    for metric in [each for each in values if each.startswith(_AGAIN)]:
        if _KEPT[metric[:5]] + metric.removeprefix("lvl_in").removeprefix("tempf") in values:
            del values[metric]
    found.describe(
        uid,
        name=_text(document, "name"),
        model=_text(document, "model_id") or _text(document, "model"),
        manufacturer=_text(document, "brand"),
    )
    found.is_called(uid, *{told: None, _text(document, "mac"): None})
    found.add(uid, 0, values)
    own = UNITS_OF_MODEL.get(_text(document, "model_id"), {})
    for metric in values:
        told = _text(document, _UNIT_KEYS[metric]) if metric in _UNIT_KEYS else ""
        unit = told or own.get(metric) or UNITS.get(metric, "")
        if unit or (metric.startswith("tempc") and (unit := UNITS["tempc"])):
            found.has_unit(uid, metric, unit, "dew_point" if metric.endswith("_dp") else "")
    return [Discovered(uid, gateway), *found.or_rejected(uid)]


def _pilight(document: dict[str, Any], gateway: str, found: DeviceReadings) -> list[Item]:
    told = document["message"]
    native = "_".join(
        str(each) for each in (document.get("protocol", "pilight"), told.get("id", ""))
    )
    uid = device_uid(native.strip("_")) or gateway
    found.describe(uid, name=native.replace("_", " ").strip())
    flat = flattened(
        {key: each for key, each in told.items() if key != "id"}, read_text=quoted.value_of
    )
    found.add(uid, 0, flat.values)
    return [Discovered(uid, gateway), *found.or_rejected(uid)]


def _code(document: dict[str, Any], module: str, gateway: str, found: DeviceReadings) -> list[Item]:
    """A code is somebody's button: a text of the gateway, and not a device for every neighbour."""
    code = document.get("value", document.get("raw"))
    if type(code) not in (int, str) or len(str(code)) > 64:
        return [Ignored("no_code", gateway)]
    found.add(gateway, 0, flattened(str(code), module, "code").values)
    return found.or_rejected(gateway)


def _own(
    document: dict[str, Any], channel: tuple[str, str], gateway: str, found: DeviceReadings
) -> list[Item]:
    """Sensors on the gateway itself, and what it says of itself."""
    module, which = channel
    if module == "SYS":
        found.describe(gateway, firmware=_text(document, "version"))
        found.is_called(gateway, _text(document, "mac"))
        values = _values({key: each for key, each in document.items() if key in OF_GATEWAY})
    else:
        chip, _, place = which.partition("/")
        levels = [level for level in (module, chip, _text(document, "addr") or place) if level]
        kept = {key: each for key, each in document.items() if key not in OF_SENSOR}
        values = flattened(kept, *levels, read_text=quoted.value_of).values
    found.add(gateway, 0, values)
    for metric in values:
        key = metric.rpartition(".")[2]
        unit = _text(document, "unit") if key == "temp" else ""
        if unit or key in UNITS:
            found.has_unit(gateway, metric, unit or UNITS[key])
    return found.or_rejected(gateway)


def _values(document: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in document.items() if key not in NO_READINGS}
    return flattened(kept, read_text=quoted.value_of).values


def _text(document: dict[str, Any], key: str) -> str:
    value = document.get(key)
    return value[:128].replace("\0", "") if type(value) is str and value.isprintable() else ""
