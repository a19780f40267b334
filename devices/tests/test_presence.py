"""The state of a device follows from its presence row and the time; JavaScript checks the same
cases, so a wall and a table row never disagree."""

import json
from pathlib import Path

import pytest

from devices.presence import interval_of, late_after, series_state, silent_after, state

ALL_CASES = json.loads((Path(__file__).parent / "presence_cases.json").read_text())
CASES, SERIES_CASES = ALL_CASES["device"], ALL_CASES["series"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_presence_case(case):
    judged = state(
        case["connection"],
        case["since"],
        case["last_seen"],
        expected_interval=case["expected_interval"],
        now=case["now"],
    )
    assert judged == (case["state"], case["state_since"], case["evidence"])


@pytest.mark.parametrize("case", SERIES_CASES, ids=[case["name"] for case in SERIES_CASES])
def test_series_case(case):
    judged = series_state(
        case["latest"],
        lead=case["lead"],
        last_seen=case["last_seen"],
        interval=case["interval"],
        now=case["now"],
    )
    assert judged == (case["state"], case["state_since"], case["evidence"])


@pytest.mark.parametrize("case", ALL_CASES["intervals"], ids=lambda case: case["name"])
def test_a_series_is_judged_by_its_own_rhythm(case):
    assert interval_of(case["times"], case["expected_interval"]) == case["interval"]


def test_series_cases_cover_every_state():
    assert len(SERIES_CASES) == 19
    assert {case["state"] for case in SERIES_CASES} == {"online", "late", "silent", "waiting"}


def test_cases_cover_every_state_and_evidence():
    assert {case["state"] for case in CASES} == {"online", "late", "silent", "offline", "waiting"}
    assert {case["evidence"] for case in CASES} == {"telemetry", "status", "none"}


@pytest.mark.parametrize("interval", [0.05, 0.5, 1, 60, 86_400])
def test_a_device_is_late_before_it_is_silent(interval):
    assert late_after(interval) < silent_after(interval)
