"""The faults: seeded, only the named ones, and malformed really is malformed."""

from __future__ import annotations

import json
import random

import pytest

from firmware_sim.faults import AWAY, HELD_BACK, NAMES, DeviceFaults, malformed_payload

NOW = 1_790_000_000.0


def story(seed: int, names: tuple[str, ...]) -> list[object]:
    faults = DeviceFaults(seed, "tank-001", names, factor=10.0)
    return [
        (faults.offline_in(), faults.away(), faults.repeats(), faults.held_back())
        for _ in range(50)
    ]


def test_the_same_seed_has_the_same_faults_and_another_has_not():
    assert story(1, NAMES) == story(1, NAMES)
    assert story(1, NAMES) != story(2, NAMES)


def test_without_names_nothing_ever_goes_wrong():
    faults = DeviceFaults(1, "tank-001", factor=100.0)
    assert faults.offline_in() is None
    assert not any(faults.repeats() for _ in range(500))
    assert all(faults.held_back() is None for _ in range(500))
    assert all(faults.malformed(1) is None for _ in range(500))
    assert faults.clock(NOW) == NOW


def test_times_away_and_held_back_are_within_their_bounds():
    faults = DeviceFaults(1, "tank-001", NAMES, factor=50.0)
    pauses = [pause for _ in range(500) if (pause := faults.held_back()) is not None]
    assert pauses
    assert all(HELD_BACK[0] <= pause <= HELD_BACK[1] for pause in pauses)
    assert all(AWAY[0] <= faults.away() <= AWAY[1] for _ in range(500))


def test_some_clocks_drift_some_stand_at_1970_and_most_are_right():
    fleet = [DeviceFaults(1, f"tank-{n:03d}", ["drift"]) for n in range(300)]
    for faults in fleet:
        faults.clock(NOW)
    shown = [faults.clock(NOW + 3600.0) for faults in fleet]
    at_1970 = sum(moment < 86_400.0 for moment in shown)
    drifted = sum(moment != NOW + 3600.0 for moment in shown) - at_1970
    assert 5 <= at_1970 <= 40
    assert 60 <= drifted <= 130
    assert all(abs(moment - NOW - 3600.0) < 60.0 for moment in shown if moment > 86_400.0)


def test_a_drifting_clock_starts_right_and_strays_slowly():
    drifting = (DeviceFaults(1, f"tank-{n:03d}", ["drift"]) for n in range(100))
    faults = next(one for one in drifting if one.drift)
    assert faults.clock(NOW) == NOW
    strays = [abs(faults.clock(NOW + t) - NOW - t) for t in (10.0, 100.0, 1000.0)]
    assert strays == sorted(strays)
    assert 0.0 < strays[0] < 1.0


@pytest.mark.parametrize("seed", range(60))
def test_a_malformed_payload_has_no_value_that_could_be_stored(seed):
    payload = malformed_payload(random.Random(seed), 1_790_000_000_000)
    try:
        document = json.loads(payload.decode())
    except ValueError:
        return
    values = document.get("values") if isinstance(document, dict) else None
    numbers = values.values() if isinstance(values, dict) else []
    # NaN is the one value json reads here that is no reading.
    assert all(isinstance(number, list) or number != number for number in numbers)  # noqa: PLR0124


def test_malformed_payloads_come_in_many_kinds():
    kinds = {malformed_payload(random.Random(seed), 1)[:12] for seed in range(400)}
    assert len(kinds) >= 8
