"""The quantity a series measures, so that dashboards and rules can speak of it. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from bridge.decode.units import normalised

REMEMBERED = 10_000  # answers; devices ask the same again and again
MAX_LOOKED_AT = 200  # characters of a metric, and of a device class

# Of quantities, the words that name one in a metric, in the order of precedence. Words are matched
# whole: `temp` in `temp_setpoint` and `airTemp`, never in `template`.
_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("signal_strength", ("rssi", "snr", "linkquality", "lqi", "signal", "dbm")),
    ("battery", ("battery", "batt", "batterylevel", "soc")),
    ("apparent_power", ("apparentpower", "aprtpower")),
    ("reactive_power", ("reactivepower",)),
    ("power_factor", ("powerfactor", "pf", "cosphi")),
    ("dew_point", ("dewpoint",)),
    ("temperature", ("temperature", "temp", "tempc", "tempf", "tc", "tf")),
    ("moisture", ("moisture", "soilmoisture")),
    ("humidity", ("humidity", "hum", "rh", "humi")),
    ("pressure", ("pressure", "press", "barometer", "seapressure")),
    ("energy", ("energy", "kwh", "wh", "aenergy")),
    ("power", ("power", "apower", "watt", "watts")),
    ("voltage", ("voltage", "volt", "volts", "vbat", "vcc")),
    ("current", ("current", "amps", "ampere")),
    ("frequency", ("frequency", "freq")),
    ("illuminance", ("illuminance", "lux", "illumination", "lumen")),
    ("uv_index", ("uv", "uvindex", "uvi")),
    ("irradiance", ("irradiance", "solarradiation")),
    ("co2", ("co2", "carbondioxide", "eco2")),
    ("co", ("co", "carbonmonoxide")),
    ("voc", ("tvoc", "voc")),
    ("pm1", ("pm1",)),
    ("pm25", ("pm25", "pm2")),
    ("pm10", ("pm10",)),
    ("wind_direction", ("winddirection", "winddir")),
    ("wind_speed", ("windspeed", "wind")),
    ("precipitation", ("rain", "rainfall", "precipitation")),
    ("speed", ("speed", "velocity")),
    ("distance", ("distance", "range", "level", "depth")),
    ("weight", ("weight", "mass")),
    ("water", ("water", "watermeter")),
    ("gas", ("gas", "gasmeter")),
    ("flow", ("flow", "flowrate")),
    ("sound", ("noise", "sound", "loudness")),
    ("latitude", ("latitude", "lat")),
    ("longitude", ("longitude", "lon", "lng")),
    ("altitude", ("altitude", "alt", "elevation")),
    ("duration", ("uptime", "duration", "runtime")),
    ("motion", ("motion", "occupancy", "presence", "pir")),
    ("contact", ("contact", "door", "window")),
    ("count", ("count", "counter", "pulses")),
)
_QUANTITY_OF_WORD = {word: quantity for quantity, words in _WORDS for word in words}
_RANK = {quantity: place for place, (quantity, _) in enumerate(_WORDS)}

# Units that only one quantity has. Where a metric's own word disagrees, the unit is right.
_QUANTITY_OF_UNIT = {
    **dict.fromkeys(("°C", "°F", "K"), "temperature"),
    **dict.fromkeys(("Wh", "kWh", "MWh", "J"), "energy"),
    **dict.fromkeys(("W", "kW", "MW", "mW"), "power"),
    **dict.fromkeys(("VA", "kVA"), "apparent_power"),
    **dict.fromkeys(("var", "kvar"), "reactive_power"),
    **dict.fromkeys(("varh", "kvarh"), "reactive_energy"),
    **dict.fromkeys(("V", "mV"), "voltage"),
    **dict.fromkeys(("A", "mA"), "current"),
    **dict.fromkeys(("Ah", "mAh"), "charge"),
    **dict.fromkeys(("hPa", "Pa", "kPa", "bar", "psi", "mmHg", "inHg"), "pressure"),
    **dict.fromkeys(("Hz",), "frequency"),
    **dict.fromkeys(("lx",), "illuminance"),
    **dict.fromkeys(("dBm",), "signal_strength"),
    **dict.fromkeys(("dB(A)",), "sound"),
    **dict.fromkeys(("W/m²",), "irradiance"),
    **dict.fromkeys(("µS/cm", "mS/cm"), "conductivity"),
    **dict.fromkeys(("Ω", "kΩ", "MΩ"), "resistance"),
    **dict.fromkeys(("kg", "g", "lb"), "weight"),
    **dict.fromkeys(("L/min", "L/h", "m³/h"), "flow"),
    **dict.fromkeys(("km/h", "m/s", "mph", "kn"), "speed"),
    **dict.fromkeys(("mm/h",), "precipitation"),
    **dict.fromkeys(("m³", "L", "gal", "ft³"), "volume"),
    **dict.fromkeys(("s", "ms", "min", "h", "d"), "duration"),
    **dict.fromkeys(("B", "kB", "MB", "GB"), "data_size"),
    **dict.fromkeys(("rpm",), "rotation"),
    **dict.fromkeys(("m/s²",), "acceleration"),
}
_NEVER_RELATIVE = frozenset(_QUANTITY_OF_UNIT.values()) - {"signal_strength", "illuminance"}
# What a word says more exactly than its unit, by that unit's quantity.
_NARROWER = {
    "temperature": {"dew_point"},
    "speed": {"wind_speed"},
    "volume": {"water", "gas", "precipitation"},
}

# Home Assistant's device classes that are called otherwise here.
_OF_CLASS = {
    "carbon_dioxide": "co2",
    "carbon_monoxide": "co",
    "atmospheric_pressure": "pressure",
    "volatile_organic_compounds": "voc",
    "volatile_organic_compounds_parts": "voc",
    "sound_pressure": "sound",
    "precipitation_intensity": "precipitation",
    "volume_flow_rate": "flow",
    "volume_storage": "volume",
    "energy_storage": "energy",
    "occupancy": "motion",
    "presence": "motion",
    "door": "contact",
    "window": "contact",
    "opening": "contact",
    "garage_door": "contact",
}
# Classes that are no quantity.
_NO_QUANTITY = frozenset({"enum", "date", "timestamp", "none", "monetary", "update", "restart"})
_LEVELS = re.compile(r"[^A-Za-z0-9]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_CLASS = re.compile(r"[a-z][a-z0-9_]{0,31}")


def quantity_of(metric: str, unit: str, device_class: str = "") -> str:
    """What a series measures, "" where nothing tells. `device_class` is what its device says
    itself, in Home Assistant's words; then the unit, then the last level of the metric."""
    return _quantity_of(metric[-MAX_LOOKED_AT:], normalised(unit), device_class[:MAX_LOOKED_AT])


@lru_cache(REMEMBERED)
def _quantity_of(metric: str, shown: str, device_class: str) -> str:
    told = device_class.lower()
    if told and told not in _NO_QUANTITY and _CLASS.fullmatch(told):
        return _OF_CLASS.get(told, told)
    of_unit = _QUANTITY_OF_UNIT.get(shown, "")
    of_word = _of_words(metric)
    if of_unit:
        return of_word if of_word in _NARROWER.get(of_unit, ()) else of_unit
    if shown == "%" and of_word in _NEVER_RELATIVE:
        return ""  # a share of it: `ENERGY.Load`
    if of_word == "distance" and shown not in ("m", "mm", "cm", "km", "in", "ft"):
        return ""  # "level" of what
    return of_word


def _of_words(metric: str) -> str:
    """By the words of the metric's last level that has one, the most telling first."""
    for level in reversed(metric.split(".")):
        humps = _HUMP.sub(" ", level) if not level.isupper() else level
        words = [word for word in _LEVELS.sub(" ", humps).lower().split() if word]
        if words == ["factor"]:
            return "power_factor"  # of a meter; a spreading factor is none
        pairs = [first + second for first, second in pairwise(words)]
        bare = [word.rstrip("0123456789") for word in words]
        found = {_QUANTITY_OF_WORD.get(word) for word in (*words, *pairs, *bare)} - {None}
        if found:
            return min((each for each in found if each), key=_RANK.__getitem__)
    return ""
