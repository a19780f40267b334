"""The ready-made rules against the simulated fleet: a quiet week raises nothing, and each incident
is found, by which rule and after how long. Pure: models and judges, no process and no wire.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from alerts.conditions import Change, Condition, Memory, State, Subject, read, template
from alerts.ready_made import READY_MADE, ReadyMade
from embedded.up.options import BACKFILL
from firmware_sim.fleet import Identity, build_fleet
from firmware_sim.incidents import (
    COMPRESSOR_FAILURE,
    DOOR_LEFT_OPEN,
    INCIDENTS,
    NAMES,
    OPENING,
    SENSOR_STUCK,
    SLOW_LEAK,
    Incidents,
    Window,
)
from firmware_sim.models import Values

START = 1_790_000_000.0  # Unix seconds
STEP = 15.0  # seconds between two readings: the longest a model goes at once
WEEK = 7 * 86_400.0  # seconds
BEFORE = 3600.0  # seconds of normal life before an incident
SECOND_US = 1_000_000

# Minutes after its beginning in which an incident is found by each rule, in every device of the
# usual fleet that it can happen to; docs/alerts.md shows the same.
FOUND: dict[str, dict[str, tuple[float, float]]] = {
    DOOR_LEFT_OPEN: {"freezer-door-open": (1.0, 1.5)},
    COMPRESSOR_FAILURE: {
        "freezer-does-not-cool": (7.0, 15.5),
        "freezer-too-warm": (10.0, 25.0),
    },
    SENSOR_STUCK: {
        "freezer-sensor-stuck": (10.0, 10.5),
        "weather-sensor-stuck": (10.0, 10.5),
        "tank-sensor-stuck": (10.0, 10.5),
    },
    SLOW_LEAK: {"tank-leak": (4.0, 9.0)},
}
# Rules that may find an incident as well, when it is bad or lasts long.
ALSO = {
    DOOR_LEFT_OPEN: {"freezer-too-warm"},
    COMPRESSOR_FAILURE: set(),
    SENSOR_STUCK: {"tank-leak"},  # water goes where the level says nothing of it
    SLOW_LEAK: {"tank-pump-in-vain", "tank-low"},
}

Rows = list[tuple[float, Values]]


def fleet(count: int = 24) -> list[Identity]:
    return build_fleet(count, seed=1, rate=1.0)


@cache
def condition_of(name: str) -> Condition:
    (rule,) = [each for each in READY_MADE if each.name == name]
    return read(rule.condition)


def rules_for(device: Identity) -> Iterator[tuple[ReadyMade, str]]:
    """Those that are for readings of such a device, each with a metric it is applied to."""
    for rule in READY_MADE:
        subject = condition_of(rule.name).subject
        if rule.kind != device.model.kind:
            continue
        if subject is Subject.SEVERAL:
            yield rule, ""
        for metric in device.model.metrics:
            if rule.metric and fnmatchcase(metric.name, rule.metric):
                yield rule, metric.name


def measured(device: Identity, seconds: float, incidents: Incidents | None = None) -> Rows:
    thing = device.model(1, device.uid, incidents)
    times = [START + STEP * index for index in range(round(seconds / STEP))]
    return [(time, thing.measure(time)) for time in times]


def changes_of(condition: Condition, metric: str, rows: Rows) -> list[Change]:
    times = np.array([round(time * SECOND_US) for time, _ in rows], dtype=np.int64)

    def column(name: str) -> np.ndarray:
        return np.array([values[name] for _, values in rows], dtype=np.float64)

    if condition.subject is Subject.SEVERAL:
        inputs = {name: (times, column(one.metric)) for name, one in condition.judging.inputs}
        values = condition.judging.evaluate(inputs, times)
    else:
        values = column(metric)
    return condition.step(Memory(), times, values, int(times[-1]))[1]


def fired(device: Identity, rows: Rows) -> dict[str, list[Change]]:
    """What fired and cleared, by rule."""
    found: dict[str, list[Change]] = defaultdict(list)
    for rule, metric in rules_for(device):
        is_fired = False
        for each in changes_of(condition_of(rule.name), metric, rows):
            if each.state is State.FIRING or (is_fired and each.state is State.CLEARED):
                found[rule.name].append(each)
                is_fired = each.state is State.FIRING
    return found


def test_a_quiet_fleet_raises_nothing_in_a_week() -> None:
    judged = set()
    for device in fleet(8):  # every kind, and two freezers
        judged |= {rule.name for rule, _ in rules_for(device)}
        rows = measured(device, WEEK)
        assert {rule: found[0] for rule, found in fired(device, rows).items()} == {}, device.uid
    # Whether a device is there is told by presence, and not by readings.
    assert judged == {rule.name for rule in READY_MADE} - {"device-offline"}


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda one: one.name)
def test_each_incident_is_found_in_time_and_ends(incident) -> None:
    devices = [each for each in fleet() if incident.name in each.model.incidents]
    assert devices
    took: dict[str, list[float]] = defaultdict(list)
    for device in devices:
        end = BEFORE + incident.lasts[0]
        window = Window(incident.name, BEFORE, end)
        happens = Incidents(
            1, device.uid, [incident.name], start=START, factor=0.0, opening=[window]
        )
        found = fired(device, measured(device, end + 3 * 3600.0, happens))
        expected = {
            rule for rule in FOUND[incident.name] if condition_of_kind(rule) == device.model.kind
        }
        assert expected <= found.keys() <= expected | ALSO[incident.name], device.uid
        for rule, changes in found.items():
            first, last = changes[0], changes[-1]
            assert last.state is State.CLEARED, (device.uid, rule)
            took[rule].append(first.at_us / SECOND_US - START - BEFORE)
    for rule, (least, most) in FOUND[incident.name].items():
        minutes = [seconds / 60.0 for seconds in took[rule]]
        assert minutes, rule
        assert least <= min(minutes), (rule, minutes)
        assert max(minutes) <= most, (rule, minutes)


def test_the_usual_fleet_begins_with_something_to_see_within_two_minutes() -> None:
    """Nobody waits at a quiet page for the first alert of `make run`, which sends this history."""
    history = 60.0 * float(BACKFILL[1])
    found = {}
    for device in fleet():
        happens = Incidents(
            1, device.uid, NAMES, start=START + history, factor=0.0,
            opening=OPENING.get((device.model.kind, device.number), ()),
        )  # fmt: skip
        for rule, changes in fired(device, measured(device, history + 120.0, happens)).items():
            found[rule, device.uid] = changes[0].at_us / SECOND_US - START - history
    # The door is open when it begins, and the compressor stands in what it sends of before. Of
    # what is well nothing fires.
    assert set(found) == {
        ("freezer-door-open", "freezer-001"), ("freezer-does-not-cool", "freezer-002"),
    }  # fmt: skip
    assert all(seconds <= 120.0 for seconds in found.values())


def condition_of_kind(name: str) -> str:
    return next(each.kind for each in READY_MADE if each.name == name)


def test_every_rule_can_be_read_and_has_words_of_its_own() -> None:
    kinds = {device.model.kind: device for device in fleet()}
    for rule in READY_MADE:
        condition_of(rule.name)
        template.check(rule.text)
        assert rule.kind in ("", *kinds), rule.name
        if rule.kind and rule.metric:
            metrics = [metric.name for metric in kinds[rule.kind].model.metrics]
            assert any(fnmatchcase(each, rule.metric) for each in metrics), rule.name
    assert len({rule.name for rule in READY_MADE}) == len(READY_MADE)
    assert len({rule.title for rule in READY_MADE}) == len(READY_MADE)


def test_the_page_says_of_each_rule_what_it_means_and_how_soon_it_finds_what() -> None:
    page = (Path(__file__).resolve().parent.parent / "docs" / "alerts.md").read_text()
    titles = {rule.name: rule.title for rule in READY_MADE}
    for title in titles.values():
        assert f"**{title}**" in page, title
    rows = re.findall(r"^\| `([a-z-]+)` \| ([^|]+?) \| ([\d.]+) to ([\d.]+) min \|", page, re.M)
    told = {(incident, title): (float(least), float(most)) for incident, title, least, most in rows}
    assert told == {
        (incident, titles[rule]): span
        for incident, rules in FOUND.items()
        for rule, span in rules.items()
    }
