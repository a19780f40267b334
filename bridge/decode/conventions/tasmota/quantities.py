"""Units of Tasmota's readings: some are in the message, the others follow from the name. Pure.

The table is what hatasmota (hatasmota/sensor.py, SENSOR_UNIT_MAP) has, in this project's units.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from bridge.decode.items import Described, Value
from bridge.decode.quantities import quantity_of
from bridge.decode.texts import word
from bridge.decode.units import normalised

UNIT_KEYS = ("TempUnit", "PressureUnit", "SpeedUnit")

_UNITS = {
    **dict.fromkeys(("Humidity", "Moisture", "Battery", "BatteryPercentage", "Load"), "%"),
    **dict.fromkeys(("Illuminance", "Ambient"), "lx"),
    **dict.fromkeys(("Voltage", "BatteryVoltage", "Vcc", "RMSVoltage"), "V"),
    **dict.fromkeys(("Current", "CurrentNeutral"), "A"),
    **dict.fromkeys(("Power", "ActivePower"), "W"),
    **dict.fromkeys(("ApparentPower",), "VA"),
    **dict.fromkeys(("ReactivePower",), "var"),
    **dict.fromkeys(("Total", "TotalTariff", "Today", "Yesterday", "Energy"), "kWh"),
    **dict.fromkeys(("ExportActive", "ImportActive", "ExportTariff", "TodaySum"), "kWh"),
    **dict.fromkeys(("ImportReactive", "ExportReactive"), "kvarh"),
    **dict.fromkeys(("PM1", "PM2.5", "PM10", "CF1", "CF2.5", "CF10"), "µg/m³"),
    **dict.fromkeys(("CarbonDioxide", "eCO2"), "ppm"),
    "TVOC": "ppb",
    "Frequency": "Hz",
    "Distance": "cm",
    "Weight": "kg",
    "PhaseAngle": "°",
    "Signal": "dBm",
    "UptimeSec": "s",
    "Heap": "kB",
}
# What the names mean of some sensors (tasmota/docs docs/VL53Lxx.md, AS3935.md, and what the web
# page of a plug shows).
_OF_SENSOR = {
    "VL53L0X.Distance": "mm",
    "VL53L1X.Distance": "mm",
    "AS3935.Distance": "km",
    "AS3935.Energy": "",
    "ENERGY.Period": "Wh",
    "Wifi.RSSI": "%",
}
_NUMBERED = re.compile(r"[_-]\d{1,2}(?=\.)", re.ASCII)  # the second of two alike sensors
_TEMPERATURES = ("Temperature", "DewPoint", "FeelsLike", "HeatIndex", "OBJTMP", "AMBTMP")
_PRESSURES = ("Pressure", "SeaPressure")
# Of the arrays and objects under ENERGY that count up.
_COUNTERS = frozenset(
    {"Total", "TotalTariff", "Today", "Energy", "ExportActive", "ImportActive", "ExportTariff"}
    | {"ImportReactive", "ExportReactive", "UptimeSec"}
)


class Units(NamedTuple):
    """What the message itself says of three quantities."""

    temperature: str
    pressure: str
    speed: str


def units_of(document: Mapping[str, Any]) -> Units:
    """As told, in a document or in one of its parts' place; Celsius and hectopascals otherwise."""
    return Units(
        normalised(word(document.get("TempUnit")) or "°C"),
        normalised(word(document.get("PressureUnit")) or "hPa"),
        normalised(word(document.get("SpeedUnit"))),
    )


def described(uid: str, values: Mapping[str, Value], units: Units) -> Iterable[Described]:
    """The series of these metrics, where there is something to say of them."""
    for metric, value in values.items():
        name, kind = _name(metric), "gauge"
        if isinstance(value, bool | str):
            yield Described(uid, metric, kind="boolean" if isinstance(value, bool) else "text")
            continue
        if name in _TEMPERATURES:
            unit = units.temperature
        elif name in _PRESSURES:
            unit = units.pressure
        elif name == "Speed":
            unit = units.speed
        else:
            unit = _OF_SENSOR.get(_NUMBERED.sub("", metric), _UNITS.get(name, ""))
            kind = "counter" if name in _COUNTERS and unit else kind
        if unit:
            yield Described(uid, metric, unit=unit, kind=kind, quantity=quantity_of(metric, unit))


def _name(metric: str) -> str:
    """The level that names the quantity: the last one that is no place in an array, nor one of the
    statistics of wind (`Speed.Act`). `PM2.5` is one level with a point in it."""
    if metric.endswith(("PM2.5", "CF2.5")):
        return metric[-5:]
    levels = metric.split(".")
    while len(levels) > 1 and (levels[-1].isdigit() or levels[-1] in ("Act", "Avg", "Min", "Max")):
        levels.pop()
    return levels[-1]
