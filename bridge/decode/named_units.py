"""The unit a metric's own name tells: `temperature_C`, `wind_avg_m_s`, `humidity`. Pure.

Suffixes as rtl_433 writes them, which sketches do too (its docs/DATA_FORMAT.md). A word tells a
unit by itself only where nobody measures it in another.
"""

from __future__ import annotations

import re
from functools import lru_cache

from bridge.decode.items import Described
from bridge.decode.quantities import quantity_of
from bridge.decode.units import normalised

REMEMBERED = 8192  # metrics

# As written; a single letter counts in that case only, for `x_c` and `phase_a` are no units.
_SUFFIXES = {
    "C": "°C",
    "F": "°F",
    "V": "V",
    "A": "A",
    "W": "W",
    "K": "K",
    "Hz": "Hz",
    "MHz": "MHz",
    "mV": "mV",
    "mA": "mA",
    "kW": "kW",
    "kWh": "kWh",
    "Wh": "Wh",
    "VA": "VA",
    "kVA": "kVA",
    "hPa": "hPa",
    "kPa": "kPa",
    "Pa": "Pa",
    "psi": "psi",
    "PSI": "psi",
    "bar": "bar",
    "inHg": "inHg",
    "mm_h": "mm/h",
    "in_h": "in/h",
    "m_s": "m/s",
    "km_h": "km/h",
    "mi_h": "mph",
    "deg": "°",
    "lux": "lx",
    "klx": "klx",
    "kg": "kg",
    "ppm": "ppm",
    "ppb": "ppb",
    "ug_m3": "µg/m³",
    "pct": "%",
    "percent": "%",
    "dBm": "dBm",
    "dB": "dB",
    "mm": "mm",
    "cm": "cm",
    "km": "km",
    "in": "in",
    "m3": "m³",
    "L": "L",
    "rpm": "rpm",
    "ms": "ms",
    "hpa": "hPa",
    "mv": "mV",
    "ma": "mA",
    "kwh": "kWh",
    "wh": "Wh",
    "dbm": "dBm",
    "celsius": "°C",
    "fahrenheit": "°F",
    "uW_cm2": "µW/cm²",
    "km2": "km²",
    "mWs_cm2": "mWs/cm²",
}
_WORDS = {
    "humidity": "%",
    "hum": "%",
    "moisture": "%",
    "co2": "ppm",
    "eco2": "ppm",
    "pm1": "µg/m³",
    "pm25": "µg/m³",
    "pm2_5": "µg/m³",
    "pm10": "µg/m³",
    "lux": "lx",
    "rssi": "dBm",
    "tempc": "°C",
    "tempf": "°F",
    "temp_c": "°C",
    "temp_f": "°F",
    "temperature_c": "°C",
    "temperature_f": "°F",
    "latitude": "°",
    "longitude": "°",
}
_SUFFIX = re.compile(r"_([A-Za-z]\w*)$", re.ASCII)
_COUNTED = re.compile(r"(?:[_-]?\d{1,2})?$", re.ASCII)  # `humidity_2`


def unit_in_name(metric: str) -> str:
    """The unit as it is shown, "" if the name tells none."""
    name = metric.rpartition(".")[2]
    told = _WORDS.get(name.lower())
    if told is None and name.lower() not in _WORDS:
        told = _WORDS.get(_COUNTED.sub("", name.lower(), count=1))
    if told is not None:
        return told
    found = _SUFFIX.search(name)
    while found:
        if unit := _SUFFIXES.get(found[1]):
            return unit
        found = _SUFFIX.search(name, found.start() + 1)
    return ""


def described(uid: str, metric: str, unit: str = "", quantity: str = "") -> Described | None:
    """Unit and quantity of a series. What its device says counts before its name."""
    shown, measured = _told(metric, unit, quantity)
    return Described(uid, metric, unit=shown, quantity=measured) if shown or measured else None


@lru_cache(REMEMBERED)
def _told(metric: str, unit: str, quantity: str) -> tuple[str, str]:
    shown = normalised(unit) or unit_in_name(metric)
    return shown, quantity_of(metric, shown, quantity)
