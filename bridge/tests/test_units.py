"""Units are shown in one spelling, and tell with the metric what is measured."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.decode import quantities, units
from telemetry.models import Series


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        ("°C", "°C"), ("C", "°C"), ("Cel", "°C"), ("℃", "°C"), ("degC", "°C"), ("F", "°F"),
        ("%RH", "%"), ("%", "%"), ("lux", "lx"), ("lx", "lx"), ("mbar", "hPa"), ("hPa", "hPa"),
        ("ug/m3", "µg/m³"), ("μg/m³", "µg/m³"), ("m3", "m³"), ("kwh", "kWh"), ("W", "W"),
        ("MW", "MW"), ("mW", "mW"), ("sec", "s"), ("dbm", "dBm"), ("km/hr", "km/h"),
        ("VAr", "var"), ("S", "S"), ("furlong", "furlong"), (" ", ""), ("", ""), ("a\0b", "ab"),
        ("MK⁻¹", "mired"), ("#", ""),  # homieiot/convention, Units
        ("x" * 100, "x" * 32), ("METERSPERSECOND", "m/s"),
    ],
)  # fmt: skip
def test_each_spelling_is_shown_as_one(unit: str, shown: str) -> None:
    assert units.normalised(unit) == shown


@pytest.mark.parametrize(
    ("metric", "unit", "device_class", "quantity"),
    [
        ("AM2301.Temperature", "", "", "temperature"),
        ("AM2301.DewPoint", "°C", "", "dew_point"),
        ("temperature:0.tC", "", "", "temperature"),
        ("ENERGY.Total", "", "", "energy"),
        ("ENERGY.Factor", "", "", "power_factor"),
        ("ENERGY.Power", "", "", "power"),
        ("ENERGY.Load", "%", "", ""),
        ("lora.spreadingFactor", "", "", ""),
        ("gas_resistance", "MΩ", "", "resistance"),
        ("switch:0.apower", "", "", "power"),
        ("x", "kWh", "", "energy"),
        ("x", "lux", "", "illuminance"),
        ("linkquality", "", "", "signal_strength"),
        ("battery", "%", "", "battery"),
        ("humidity", "%", "", "humidity"),
        ("soil_moisture", "%", "", "moisture"),
        ("pm2_5", "µg/m³", "", "pm25"),
        ("co2", "ppm", "", "co2"),
        ("wind_speed", "m/s", "", "wind_speed"),
        ("wind_direction", "°", "", "wind_direction"),
        ("anything", "", "carbon_dioxide", "co2"),
        ("anything", "", "energy", "energy"),
        ("template", "", "", ""),
        ("level", "", "", ""),
        ("tank.level", "cm", "", "distance"),
        ("x", "", "<script>", ""),
        ("x", "", "timestamp", ""),
    ],
)
def test_what_is_measured_is_recognised(
    metric: str, unit: str, device_class: str, quantity: str
) -> None:
    assert quantities.quantity_of(metric, unit, device_class) == quantity


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_whatever_comes_is_short_enough(metric: str, unit: str, device_class: str) -> None:
    assert len(units.normalised(unit)) <= Series._meta.get_field("unit").max_length
    limit = Series._meta.get_field("quantity").max_length
    assert len(quantities.quantity_of(metric, unit, device_class)) <= limit
