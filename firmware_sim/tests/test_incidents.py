"""What goes wrong in the field: when, what it does to the values, and that it ends."""

from __future__ import annotations

import itertools

import pytest

from firmware_sim.__main__ import describe
from firmware_sim.fleet import build_fleet
from firmware_sim.incidents import (
    COMPRESSOR_FAILURE,
    DOOR_LEFT_OPEN,
    INCIDENTS,
    NAMES,
    OPENING,
    OPENING_LASTS,
    SENSOR_STUCK,
    SLOW_LEAK,
    Incidents,
    Window,
)
from firmware_sim.models import MODELS, Model
from firmware_sim.models.freezer import Freezer
from firmware_sim.models.tank import Tank
from firmware_sim.models.weather import WeatherStation
from firmware_sim.options import parse

START = 1_790_000_000.0
DAY = 86_400.0


def measured(model: type[Model], window: Window, until: float, step: float = 5.0):
    """(seconds after the start, values) of a model to which only this happens."""
    incidents = Incidents(1, "one", [window.name], start=START, factor=0.0, opening=[window])
    thing = model(1, "one", incidents)
    times = [step * index for index in range(round(until / step))]
    return [(time, thing.measure(START + time)) for time in times]


def of(rows, metric: str, begin: float, end: float) -> list[float]:
    return [float(values[metric]) for time, values in rows if begin <= time < end]


def test_when_it_happens_depends_on_nothing_but_seed_device_and_time():
    def days(uid: str, seed: int, step: float) -> list[frozenset[str]]:
        incidents = Incidents(seed, uid, NAMES, start=START)
        return [incidents.at(START + time * 60.0) for time in range(0, 3 * 1440, round(step))]

    assert days("a", 1, 1.0) == days("a", 1, 1.0)
    assert days("a", 1, 1.0)[::10] == days("a", 1, 10.0)
    assert days("a", 1, 1.0) != days("b", 1, 1.0)
    assert days("a", 1, 1.0) != days("a", 2, 1.0)


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda one: one.name)
@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_it_happens_as_often_and_as_long_as_told(incident, factor):
    incidents = Incidents(1, "one", [incident.name], start=0.0, factor=factor)
    step, span = 30.0, 40 * incident.every / factor
    held = [bool(incidents.at(OPENING_LASTS + step * index)) for index in range(round(span / step))]
    runs = [len(list(run)) * step for happens, run in itertools.groupby(held) if happens]
    assert 37 <= len(runs) <= 41
    low, high = incident.lasts
    assert all(low - step <= run <= high + step for run in runs[1:-1])


def test_it_ends_however_often_it_is_asked_for():
    incidents = Incidents(1, "one", [COMPRESSOR_FAILURE], start=0.0, factor=100.0)
    day = [bool(incidents.at(OPENING_LASTS + 60.0 * minute)) for minute in range(1440)]
    assert 0.2 < sum(day) / len(day) < 0.55


def test_nothing_else_goes_wrong_while_the_opening_is_shown():
    for number in range(100):
        incidents = Incidents(1, str(number), NAMES, start=START, factor=20.0)
        for time in range(-3600, round(OPENING_LASTS), 60):
            assert not incidents.at(START + time)


def test_every_incident_is_in_the_opening_of_the_usual_fleet_and_ends_in_it():
    fleet = {(one.model.kind, one.number): one for one in build_fleet(24, seed=1, rate=1.0)}
    names = []
    for device, windows in OPENING.items():
        for window in windows:
            assert window.name in fleet[device].model.incidents
            assert 0.0 < window.end <= OPENING_LASTS
            names.append(window.name)
    assert sorted(names) == sorted(NAMES)


def test_without_incidents_a_model_is_what_it_was():
    for model in MODELS:
        quiet = Incidents(1, "one", NAMES, start=START, factor=0.0)
        bare, told = model(1, "one"), model(1, "one", quiet)
        for time in range(0, 7200, 7):
            assert bare.measure(START + time) == told.measure(START + time)


def test_a_freezer_without_its_compressor_warms_by_a_curve_and_cools_down_again():
    rows = measured(Freezer, Window(COMPRESSOR_FAILURE, 1800.0, 5400.0), 12_600.0)
    setpoint = of(rows, "setpoint", 0.0, 10.0)[0]
    assert not any(of(rows, "compressor", 1800.0, 5400.0))
    assert max(of(rows, "power", 1800.0, 5400.0)) < 300.0
    after = {m: of(rows, "temperature", 1800.0 + 60 * m, 1830.0 + 60 * m)[0] for m in (10, 20, 50)}
    # Goods and walls hold it back: the longer it lasts the slower it warms.
    assert 2.0 < after[10] - setpoint < 6.0
    assert after[20] > after[10] + 1.0
    assert after[50] < after[20] + 3.0 * (after[20] - after[10])
    # Goods follow slowly and go on warming a little after.
    goods = of(rows, "product_temperature", 1800.0, 5400.0)
    assert goods[0] < goods[-1] < goods[0] + 6.0
    assert max(of(rows, "temperature", 9000.0, 12_600.0)) < setpoint + 6.0
    assert any(of(rows, "compressor", 5400.0, 5500.0))


def test_a_door_left_open_warms_the_air_and_is_shut_in_the_end():
    rows = measured(Freezer, Window(DOOR_LEFT_OPEN, 600.0, 900.0), 1800.0)
    assert all(of(rows, "door_open", 605.0, 900.0))
    openings = of(rows, "door_openings", 595.0, 900.0)
    assert openings[-1] - openings[0] <= 1.0
    shut, opened = (
        of(rows, "temperature", 595.0, 605.0)[0],
        of(rows, "temperature", 890.0, 900.0)[0],
    )
    assert opened > shut + 6.0
    assert not of(rows, "door_open", 905.0, 915.0)[0]


@pytest.mark.parametrize("model", [one for one in MODELS if one.sensor], ids=lambda m: m.kind)
def test_a_stuck_sensor_repeats_itself_and_the_others_do_not(model):
    assert SENSOR_STUCK in model.incidents
    rows = measured(model, Window(SENSOR_STUCK, 300.0, 1200.0), 1500.0)
    for metric in model.metrics:
        if metric.kind == "gauge" and metric.name != "setpoint":
            during = of(rows, metric.name, 305.0, 1200.0)
            assert (len(set(during)) == 1) == (metric.name in model.sensor), metric.name
            if metric.name in model.sensor:
                assert len(set(of(rows, metric.name, 1205.0, 1500.0))) > 5


def test_a_leak_takes_water_that_no_meter_counts():
    def unaccounted(rows, begin: float, end: float) -> float:
        """Litres that came in and neither left nor stayed."""
        span = [(time, values) for time, values in rows if begin <= time < end]
        flows = [float(v["inflow"]) - float(v["outflow"]) for _, v in span]
        stayed = float(span[-1][1]["volume"]) - float(span[0][1]["volume"])
        return sum(flows[1:]) - stayed

    rows = measured(Tank, Window(SLOW_LEAK, 3600.0, 9000.0), 12_600.0, step=1.0)
    capacity = 100.0 * float(rows[0][1]["volume"]) / float(rows[0][1]["level"])  # litres
    assert abs(unaccounted(rows, 0.0, 3600.0)) < 0.02 * capacity
    assert unaccounted(rows, 3600.0, 4200.0) < 0.3 * capacity  # slow at first
    assert unaccounted(rows, 3600.0, 9000.0) > 2.0 * capacity
    assert abs(unaccounted(rows, 9000.0, 12_600.0)) < 0.02 * capacity


def test_history_and_present_are_one_story():
    window = Window(COMPRESSOR_FAILURE, -600.0, 600.0)
    incidents = Incidents(1, "one", [window.name], start=START, factor=0.0, opening=[window])
    thing = Freezer(1, "one", incidents)
    before = [thing.measure(START - 900.0 + 30.0 * step) for step in range(30)]
    now = thing.measure(START)
    assert abs(float(now["temperature"]) - float(before[-1]["temperature"])) < 1.0
    assert float(now["temperature"]) > float(before[9]["temperature"]) + 1.5


def test_a_sensor_that_can_stick_is_one_that_moves():
    assert WeatherStation.sensor == ("temperature",)
    for model in MODELS:
        gauges = {metric.name for metric in model.metrics if metric.kind == "gauge"}
        assert set(model.sensor) <= gauges
        assert bool(model.sensor) == (SENSOR_STUCK in model.incidents)


def test_the_fleet_tells_which_incidents_it_has():
    fleet = build_fleet(24, seed=1, rate=1.0)
    devices = {one["uid"]: one for one in describe(fleet, NAMES)["devices"]}
    assert devices["freezer-001"]["opening"][0]["name"] == DOOR_LEFT_OPEN
    assert SLOW_LEAK in devices["tank-001"]["incidents"]
    assert not any(one["incidents"] or one["opening"] for one in describe(fleet)["devices"])


def test_incidents_are_chosen_by_name_and_off_unless_asked_for(capsys):
    assert parse([], {}).incidents == parse(["--incidents", "off"], {}).incidents == ()
    assert parse(["--incidents", "all"], {}).incidents == NAMES
    assert parse(["--incidents", "slow-leak,sensor-stuck"], {}).incidents == (
        SLOW_LEAK,
        SENSOR_STUCK,
    )
    with pytest.raises(SystemExit):
        parse(["--incidents", "fire"], {})
    assert "fire" in capsys.readouterr().err
