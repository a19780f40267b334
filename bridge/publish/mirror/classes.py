"""What Home Assistant calls a quantity, and with which units it takes it. Pure.

From its documentation of sensors (device classes, with the units each takes) and of their state
classes: a class with a unit that it does not have is refused, so then none is named.
"""

from __future__ import annotations

from bridge.decode.quantities import quantity_of
from bridge.decode.units import normalised

_UNITS = {"dB(A)": "dBA", "l/s": "L/s"}  # as written there

_CLASSES: dict[str, tuple[tuple[str, frozenset[str]], ...]] = {
    quantity: tuple((name, frozenset(units.split())) for name, units in classes.items())
    for quantity, classes in {
        "temperature": {"temperature": "°C °F K"},
        "dew_point": {"temperature": "°C °F K"},
        "humidity": {"humidity": "%"},
        "moisture": {"moisture": "%"},
        "battery": {"battery": "%"},
        "pressure": {"pressure": "Pa hPa kPa bar psi mmHg inHg"},
        "power": {"power": "mW W kW MW"},
        "apparent_power": {"apparent_power": "VA"},
        "reactive_power": {"reactive_power": "var kvar"},
        "energy": {"energy": "J Wh kWh MWh", "energy_storage": "J Wh kWh MWh"},
        "reactive_energy": {"reactive_energy": "varh kvarh"},
        "voltage": {"voltage": "mV V"},
        "current": {"current": "mA A"},
        "frequency": {"frequency": "Hz kHz MHz GHz"},
        "illuminance": {"illuminance": "lx"},
        "irradiance": {"irradiance": "W/m²"},
        "co2": {"carbon_dioxide": "ppm"},
        "co": {"carbon_monoxide": "ppm"},
        "voc": {
            "volatile_organic_compounds": "µg/m³ mg/m³",
            "volatile_organic_compounds_parts": "ppm ppb",
        },
        "pm1": {"pm1": "µg/m³"},
        "pm25": {"pm25": "µg/m³"},
        "pm10": {"pm10": "µg/m³"},
        "wind_speed": {"wind_speed": "m/s km/h mph kn"},
        "wind_direction": {"wind_direction": "°"},
        "precipitation": {"precipitation": "mm cm in", "precipitation_intensity": "mm/h in/h"},
        "speed": {"speed": "m/s km/h mph kn"},
        "distance": {"distance": "mm cm m km in"},
        "weight": {"weight": "g kg lb"},
        "water": {"water": "L gal m³ ft³", "volume_storage": "L gal m³ ft³"},
        "gas": {"gas": "L m³ ft³", "volume_storage": "L m³ ft³"},
        "volume": {"volume": "L gal m³ ft³", "volume_storage": "L gal m³ ft³"},
        "flow": {"volume_flow_rate": "L/s L/min L/h m³/h"},
        "sound": {"sound_pressure": "dB dBA"},
        "signal_strength": {"signal_strength": "dB dBm"},
        "duration": {"duration": "ms s min h d"},
        "data_size": {"data_size": "B kB MB GB"},
    }.items()
}
# What goes on rising, and nothing else; and what may.
_COUNTED_ONLY = frozenset({"energy", "reactive_energy", "water", "gas", "volume"})
_COUNTED = _COUNTED_ONLY | {"precipitation", "distance", "weight", "duration"}
_OF_BOOLEANS = {"motion": "motion", "contact": "opening"}


def unit_of(unit: str) -> str:
    """The unit as Home Assistant writes it."""
    shown = normalised(unit)
    return _UNITS.get(shown, shown)


def class_of(metric: str, unit: str, quantity: str, kind: str) -> str:
    """The device class of a series; "" for none."""
    measured = quantity or quantity_of(metric, unit)
    if kind == "boolean":
        return _OF_BOOLEANS.get(measured, "")
    shown = unit_of(unit)
    for name, units in _CLASSES.get(measured, ()):
        fits = name in _COUNTED if kind == "counter" else name not in _COUNTED_ONLY
        if fits and shown in units:
            return name
    return ""


def state_class_of(device_class: str, kind: str) -> str:
    """How the value goes on: a number that is measured, a direction, a count."""
    if kind == "counter":
        return "total_increasing"
    return "measurement_angle" if device_class == "wind_direction" else "measurement"
