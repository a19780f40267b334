"""What readings come to in buckets, against plain Python that goes through them one by one."""

import math
import statistics
from bisect import bisect_right
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.history import aggregates, gaps
from telemetry.history.aggregates import Numbers, Pieces

NAMES = [name for name in aggregates.NAMES if name != aggregates.DURATION]
NAN = math.nan

finite = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3))


@st.composite
def given_numbers(draw: st.DrawFn) -> tuple[Numbers, list[int]]:
    widths = draw(st.lists(st.integers(1, 40), min_size=1, max_size=6))
    edges = [int(edge) * 1_000_000 for edge in np.cumsum([draw(st.integers(-50, 50)), *widths])]
    times = sorted(draw(st.sets(st.integers(edges[0], edges[-1] - 1), max_size=30)))
    values = draw(st.lists(finite, min_size=len(times), max_size=len(times)))
    before = draw(st.none() | finite)
    latest = times[-1] + 1 if times else edges[0]
    until = draw(st.none() | st.integers(latest, edges[-1] + 5_000_000))
    numbers = Numbers(np.array(times, np.int64), np.array(values, np.float64), before, until)
    return numbers, edges


def oracle(numbers: Numbers, begin: int, end: int, first_edge: int) -> dict[str, float]:
    rows = list(zip(numbers.times_us.tolist(), numbers.values.tolist(), strict=True))
    here = [value for us, value in rows if begin <= us < end]
    found: dict[str, float] = dict.fromkeys(NAMES, NAN)
    found["count"] = len(here)
    until = end if numbers.until_us is None else min(numbers.until_us, end)
    held = rows if numbers.before is None else [(first_edge, numbers.before), *rows]
    area = 0.0
    seconds = 0
    for place, (us, value) in enumerate(held):
        following = held[place + 1][0] if place + 1 < len(held) else until
        span = min(following, until) - max(us, begin)
        if span > 0:
            area += value * span
            seconds += span
    if seconds:
        found["time_weighted_mean"] = area / seconds
    if not here:
        return found
    found |= {
        "mean": math.fsum(here) / len(here), "min": min(here), "max": max(here),
        "sum": math.fsum(here), "first": here[0], "last": here[-1],
        "median": statistics.median(here),
    }  # fmt: skip
    if len(here) > 1:
        found["stddev"] = statistics.stdev(here)
    for name, q in (("p05", 0.05), ("p95", 0.95)):
        place = (len(here) - 1) * q
        low, high = sorted(here)[math.floor(place)], sorted(here)[math.ceil(place)]
        found[name] = low + (high - low) * (place - math.floor(place))
    earlier, increase = numbers.before, 0.0
    for us, value in rows:
        if begin <= us < end and earlier is not None:
            increase += value - earlier if value >= earlier else max(value, 0)
        earlier = value
    found["increase"] = increase
    if until > begin:
        found["rate"] = increase / ((until - begin) / 1e6)
    return found


@given(given_numbers())
def test_each_aggregate_is_what_plain_python_makes_of_the_readings(
    made: tuple[Numbers, list[int]],
) -> None:
    numbers, edges = made
    found = aggregates.of_numbers(NAMES, numbers, np.array(edges, np.int64))
    for place, (begin, end) in enumerate(pairwise(edges)):
        expected = oracle(numbers, begin, end, edges[0])
        for name in NAMES:
            got = float(found[name][place])
            assert got == pytest.approx(expected[name], rel=1e-9, abs=1e-6, nan_ok=True), name


@given(given_numbers())
def test_increases_of_neighbours_add_up_to_that_of_both(made: tuple[Numbers, list[int]]) -> None:
    numbers, edges = made
    fine = aggregates.of_numbers(["increase"], numbers, np.array(edges, np.int64))["increase"]
    whole = np.array([edges[0], edges[-1]], np.int64)
    (both,) = aggregates.of_numbers(["increase"], numbers, whole)["increase"]
    assert np.nansum(fine) == pytest.approx(0 if np.isnan(both) else both, rel=1e-9, abs=1e-6)


@given(given_numbers(), st.integers(1, 5))
def test_summaries_of_the_readings_give_the_same_as_the_readings(
    made: tuple[Numbers, list[int]], size: int
) -> None:
    numbers, edges = made
    rows: dict[tuple[int, int], list[tuple[int, float]]] = {}
    for us, value in zip(numbers.times_us.tolist(), numbers.values.tolist(), strict=True):
        rows.setdefault((bisect_right(edges, us), us // (size * 1_000_000)), []).append((us, value))
    values = [[value for _, value in each] for each in rows.values()]
    pieces = Pieces(
        np.array([each[0][0] for each in rows.values()], np.int64),
        np.array([len(each) for each in values], np.int64),
        *(np.array([of(each) for each in values], np.float64)
          for of in (math.fsum, min, max, lambda each: each[0], lambda each: each[-1])),
    )  # fmt: skip
    among = np.array(edges, np.int64)
    summed = aggregates.of_pieces(aggregates.SUMMED, pieces, among)
    plain = aggregates.of_numbers(aggregates.SUMMED, numbers, among)
    for name in aggregates.SUMMED:
        assert summed[name] == pytest.approx(plain[name], rel=1e-9, abs=1e-6, nan_ok=True)


def test_the_largest_numbers_there_are_overflow_nothing() -> None:
    huge = 1.7e308
    numbers = Numbers(np.arange(4, dtype=np.int64), np.array([huge, huge, -huge, huge]), huge)
    found = aggregates.of_numbers(NAMES, numbers, np.array([0, 4]))
    assert {name: float(found[name][0]) for name in ("min", "max", "median", "sum")} == {
        "min": -huge, "max": huge, "median": huge, "sum": 2e290,
    }  # fmt: skip
    assert found["time_weighted_mean"][0] == pytest.approx(huge / 2)


def test_seconds_in_each_state_begin_with_the_state_before_the_window_and_end_now() -> None:
    edges = np.array([0, 10, 20, 30, 40], np.int64) * 1_000_000
    times, codes = np.array([-3, 4, 25], np.int64) * 1_000_000, np.array([1, 0, 1])
    found = aggregates.durations(times, codes, edges, states=2, until_us=28_000_000)
    assert found[:3].tolist() == [[6, 4], [10, 0], [5, 3]]
    assert np.isnan(found[3]).all()


def test_a_run_of_empty_buckets_is_a_gap_when_it_is_longer_than_the_silence() -> None:
    full = np.array([False, True, False, True, False, False, True, False])
    edges = np.arange(9, dtype=np.int64) * 10
    assert gaps.in_gaps(full, edges, 10).tolist() == [
        False, False, False, False, True, True, False, False,
    ]  # fmt: skip


def test_empty_buckets_are_filled_with_the_value_before_or_in_proportion() -> None:
    values, edges = np.array([NAN, 1, NAN, NAN, 4, NAN]), np.arange(7, dtype=np.int64) * 10
    for fill, before, expected in (
        ("previous", 9.0, [9, 1, 1, 1, 4, 4]),
        ("previous", None, [NAN, 1, 1, 1, 4, 4]),
        ("linear", 9.0, [NAN, 1, 2, 3, 4, NAN]),
        ("none", 9.0, [NAN, 1, NAN, NAN, 4, NAN]),
    ):
        np.testing.assert_array_equal(gaps.filled(values, edges, fill, before), expected)
    np.testing.assert_array_equal(gaps.filled(np.full(6, NAN), edges, "previous", 7.0), [7.0] * 6)
