"""The physics: plausible, seeded, and independent of how often it is measured."""

from __future__ import annotations

import itertools
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.models import MODELS, Model
from tests.examples import examples

START = 1_790_000_000.0  # some morning in UTC
STEPS = st.lists(st.floats(0.05, 900.0), min_size=1, max_size=60)
MODEL = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.kind)

RANGES: dict[tuple[str, str], tuple[float, float]] = {
    ("weather-station", "temperature"): (-8, 32),
    ("weather-station", "humidity"): (15, 100),
    ("weather-station", "pressure"): (965, 1060),
    ("weather-station", "wind.speed"): (0, 25),
    ("weather-station", "wind.gust"): (0, 25),
    ("weather-station", "wind.direction"): (0, 359),
    ("weather-station", "solar"): (0, 880),
    ("freezer", "temperature"): (-27, 8),
    ("freezer", "product_temperature"): (-25, 0),
    ("freezer", "setpoint"): (-22, -18),
    ("freezer", "power"): (20, 850),
    ("motor", "rpm"): (0, 1520),
    ("motor", "load"): (0, 100),
    ("motor", "current"): (0, 30),
    ("motor", "bearing.temperature"): (15, 72),
    ("motor", "vibration.x.rms"): (0, 15),
    ("motor", "vibration.y.rms"): (0, 15),
    ("motor", "vibration.z.rms"): (0, 15),
    ("power-meter", "power"): (300, 12_000),
    ("power-meter", "voltage"): (215, 245),
    ("power-meter", "current"): (1, 60),
    ("power-meter", "power_factor"): (0.7, 0.999),
    ("power-meter", "frequency"): (49.8, 50.2),
    ("air-quality", "co2"): (400, 1900),
    ("air-quality", "pm2_5"): (0.3, 90),
    ("air-quality", "tvoc"): (5, 900),
    ("air-quality", "temperature"): (18, 27),
    ("air-quality", "humidity"): (25, 70),
    ("air-quality", "people"): (0, 14),
    ("tank", "level"): (0, 100),
    ("tank", "volume"): (0, 8000),
    ("tank", "outflow"): (0, 25),
    ("tank", "inflow"): (0, 30),
    ("tank", "temperature"): (8, 22),
}


def run(model: type[Model], seed: int, steps: list[float]) -> list[dict[str, object]]:
    thing = model(seed, "device-1")
    time = START
    rows: list[dict[str, object]] = [dict(thing.measure(time))]
    for step in steps:
        time += step
        rows.append(dict(thing.measure(time)))
    return rows


@MODEL
@settings(max_examples=examples(25), deadline=None)
@given(seed=st.integers(0, 10_000), steps=STEPS)
def test_every_value_is_plausible_and_of_its_metrics_kind(model, seed, steps):
    for row in run(model, seed, steps):
        assert list(row) == [metric.name for metric in model.metrics]
        for metric in model.metrics:
            value = row[metric.name]
            if metric.kind == "boolean":
                assert isinstance(value, bool)
            elif metric.kind == "text":
                assert isinstance(value, str)
                assert value
            else:
                assert isinstance(value, int | float)
                assert not isinstance(value, bool)
                assert math.isfinite(value)
                assert value == round(value, metric.precision)
                if metric.kind == "gauge":
                    low, high = RANGES[model.kind, metric.name]
                    assert low <= value <= high, metric.name


@MODEL
@settings(max_examples=examples(25), deadline=None)
@given(seed=st.integers(0, 10_000), steps=STEPS)
def test_counters_never_fall(model, seed, steps):
    rows = run(model, seed, steps)
    for metric in model.metrics:
        if metric.kind == "counter":
            values = [row[metric.name] for row in rows]
            assert values == sorted(values), metric.name


@MODEL
def test_the_same_seed_measures_the_same_and_another_does_not(model):
    steps = [1.0] * 50
    assert run(model, 7, steps) == run(model, 7, steps)
    assert run(model, 7, steps) != run(model, 8, steps)


@MODEL
def test_two_devices_of_one_seed_differ(model):
    first, second = model(1, "a-001"), model(1, "a-002")
    assert first.measure(START) != second.measure(START)


@MODEL
def test_a_chart_moves_within_a_minute(model):
    rows = run(model, 3, [1.0] * 60)
    lively = [
        metric.name
        for metric in model.metrics
        if metric.kind == "gauge" and len({row[metric.name] for row in rows}) >= 10
    ]
    assert len(lively) >= 2
    assert model.metrics[0].name in lively


@MODEL
def test_a_clock_that_goes_back_changes_nothing(model):
    thing = model(1, "device-1")
    thing.measure(START)
    later = thing.measure(START + 60.0)
    assert thing.measure(START + 30.0) == later


@MODEL
def test_a_week_of_silence_is_resumed_at_once(model):
    thing = model(1, "device-1")
    thing.measure(START)
    assert json.dumps(thing.measure(START + 7 * 86_400.0), allow_nan=False)


def test_humidity_goes_against_temperature():
    rows = run(MODELS[0], 1, [600.0] * 144)
    temperature = [float(str(row["temperature"])) for row in rows]
    humidity = [float(str(row["humidity"])) for row in rows]
    warm, cold = max(temperature), min(temperature)
    at_warm, at_cold = humidity[temperature.index(warm)], humidity[temperature.index(cold)]
    assert at_warm < at_cold - 10.0


def test_a_freezer_cycles_its_compressor_around_the_setpoint():
    rows = run(MODELS[1], 1, [5.0] * 1440)
    states = [row["compressor"] for row in rows]
    starts = sum(after and not before for before, after in itertools.pairwise(states))
    assert 4 <= starts <= 60
    mean = sum(float(str(row["temperature"])) for row in rows) / len(rows)
    assert abs(mean - float(str(rows[0]["setpoint"]))) < 2.5


def test_a_motor_idles_and_runs_with_vibration_to_match():
    rows = run(MODELS[2], 1, [2.0] * 1800)
    running = [float(str(row["vibration.x.rms"])) for row in rows if row["state"] == "running"]
    idle = [float(str(row["vibration.x.rms"])) for row in rows if row["state"] == "idle"]
    assert running
    assert idle
    assert min(running) > max(idle)


def test_energy_is_the_integral_of_power():
    rows = run(MODELS[3], 1, [1.0] * 3600)
    power = [float(str(row["power"])) for row in rows]
    integral = sum((a + b) / 2 for a, b in itertools.pairwise(power)) / 3_600_000.0
    counted = float(str(rows[-1]["energy"])) - float(str(rows[0]["energy"]))
    assert counted == pytest.approx(integral, rel=0.01)


def test_a_tank_drains_and_is_refilled():
    rows = run(MODELS[5], 1, [5.0] * 1440)
    levels = [float(str(row["level"])) for row in rows]
    assert min(levels) < 30.0
    assert max(levels) > 90.0
    assert {row["state"] for row in rows} == {"draining", "filling"}
