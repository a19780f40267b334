"""The quick evaluation gives what the slow one gives, of any formula and any readings."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from telemetry.expression import Column, TooMuch, read, windows
from telemetry.expression.columns import column
from telemetry.expression.reach import longest
from telemetry.expression.tests import slow

SECOND = 1_000_000
FORMULAS = [
    "a + b * 2 - c / 3",
    "a % b",
    "-a + abs(b) - min(a, b, c) + max(a, -b)",
    "if(a > b and not (c < 0 or a == b), a, b)",
    "a >= b or b <= c and a != c",
    "round(a) + round(b, 1) + sqrt(a) + log(b) + exp(c)",
    "clamp(a, b, c)",
    "dew_point(a, b)",
    "mean(a, 10s) - shift(a, 20s)",
    "min(a, 7s) + max(b, 3s) + sum(c, 5s) + count(a + b, 9s)",
    "first(a, 8s) - last(b, 12s)",
    "increase(a, 15s)",
    "increase(a - b, 6s)",
    "integral(a, 11s)",
    "integral(a * b, 4s) / mean(c, 4s)",
    "mean(mean(a, 5s), 5s)",
    "max(shift(a, 3s) - b, 10s)",
    "shift(mean(a - shift(b, 2s), 6s), 5s)",
    "count(a > b, 10s) + mean(a > 0, 10s)",
    "if(max(a > 1, 5s), integral(a > 1, 5s), 0)",
    "mean(a / (b - b), 5s)",
]


def readings(chance: random.Random) -> dict[str, dict[int, float]]:
    def series() -> dict[int, float]:
        # Often the same instants, and gaps longer than a value holds.
        times = chance.sample(range(90), chance.randint(0, 40))
        gaps = [each * SECOND for each in times if not 30 < each < 40 + chance.randint(0, 20)]
        pick = chance.choice([lambda: chance.uniform(-5, 5), lambda: float(chance.randint(-2, 3))])
        return {each: pick() for each in gaps}

    return {name: series() for name in "abc"}


def columns(given: dict[str, dict[int, float]], holds: dict[str, int]) -> dict[str, Column]:
    return {
        name: column(sorted(of), [of[at] for at in sorted(of)], holds[name])
        for name, of in given.items()
    }


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_gives_what_working_it_out_instant_by_instant_gives(text: str):
    formula = read(text)
    chance = random.Random(text)
    for _ in range(12):
        given = readings(chance)
        holds = {name: chance.randint(1, 20) * SECOND for name in given}
        instants = [chance.randint(-5, 110) * SECOND // 2 for _ in range(25)]
        found = formula.evaluate(columns(given, holds), np.array(instants, np.int64))
        for at, value in zip(instants, found.tolist(), strict=True):
            wanted = slow.value(formula.tree, given, holds, at)
            if wanted is None:
                assert math.isnan(value), (at, given, holds)
            else:
                assert value == pytest.approx(wanted, rel=1e-9, abs=1e-9), (at, given, holds)


@pytest.mark.parametrize("text", FORMULAS)
def test_the_readings_it_says_it_needs_are_enough_and_give_the_same_to_the_last_bit(text: str):
    formula = read(text)
    chance = random.Random(text)
    for _ in range(12):
        given = readings(chance)
        holds = {name: chance.randint(1, 20) * SECOND for name in given}
        needed = formula.needs(holds)
        assert set(needed) == set(formula.names)
        assert longest(needed) == max(each.back_us for of in needed.values() for each in of)
        instants = np.unique([chance.randint(0, 100) * SECOND for _ in range(25)])
        whole = formula.evaluate(columns(given, holds), instants)
        for at, value in zip(instants.tolist(), whole, strict=True):
            enough = {
                name: {
                    when: value
                    for when, value in of.items()
                    if any(
                        at - each.back_us <= when <= at - each.until_us
                        for each in needed.get(name, [])
                    )
                }
                for name, of in given.items()
            }
            alone = formula.evaluate(columns(enough, holds), np.array([at]))
            np.testing.assert_array_equal(alone, [value])


def test_what_cannot_be_worked_out_has_no_value():
    series = column([0], [5.0], 10 * SECOND)
    for text in (
        "a / 0", "a % 0", "1e300 * 1e300 * a", "sqrt(-a)", "log(0 * a)", "exp(a * 1000)",
        "clamp(a, 2, 1)", "round(a, 99)", "dew_point(a, -a)", "0 * (a / 0)", "(a / 0) == 1",
        "if(a / 0 > 1, 1, 2)", "not (a / 0 > 1)", "min(a, a / 0)",
    ):  # fmt: skip
        assert np.isnan(read(text).evaluate({"a": series}, np.array([0, 1]))).all(), text
    assert read("a > 1 or a / 0 > 1").evaluate({"a": series}, np.array([0])) == [1]
    assert read("a < 1 and a / 0 > 1").evaluate({"a": series}, np.array([0])) == [0]


def test_a_series_without_readings_and_no_instants_are_nothing_special():
    nothing = column([], [], SECOND)
    for text in FORMULAS:
        given = dict.fromkeys("abc", nothing)
        assert len(read(text).evaluate(given, np.empty(0, np.int64))) == 0
        assert len(read(text).evaluate(given, np.array([5, 6]))) == 2


def test_energy_of_a_power_that_steps_and_degree_days_of_a_steady_cold():
    hour = 3600 * SECOND
    power = column([0, hour], [1000.0, 500.0], 2 * hour)
    energy = read("integral(p, 1h)").evaluate({"p": power}, np.array([hour, hour * 3 // 2]))
    assert energy.tolist() == [1000.0, 750.0]
    steady = column([at * hour for at in range(25)], [8.0] * 25, hour)
    assert read("degree_days(t, 18)").evaluate({"t": steady}, np.array([24 * hour])) == [10.0]
    warm = column([at * hour for at in range(25)], [25.0] * 25, hour)
    assert read("degree_days(t, 18)").evaluate({"t": warm}, np.array([24 * hour])) == [0.0]


def test_all_functions_of_a_formula_together_go_through_so_many_readings(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(windows, "MAX_ADDED", 50)
    instants = [n * SECOND for n in range(10)]
    series = column(instants, [1.0] * 10, SECOND)
    for text in ("mean(a, 2s)", "mean(mean(a, 1s), 1s)"):
        assert len(read(text).evaluate({"a": series}, np.array(instants))) == 10
        with pytest.raises(TooMuch, match="more than 50 readings"):
            read(" + ".join([text] * 6)).evaluate({"a": series}, np.array(instants))
