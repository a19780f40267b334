"""The same answer whichever way a stream is cut into steps, and the one of the plain model."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.conditions import Condition, Memory, Screen, State, read, window
from alerts.conditions.judged import Takes
from alerts.conditions.tests import model
from telemetry.moments import to_us
from tests.examples import examples

S = 1_000_000
EXAMPLES = 40  # of each type, at each run
# The night in which clocks are set back in Europe.
BEGIN = to_us(datetime(2026, 10, 24, 20, 0, tzinfo=UTC))

GAPS = st.sampled_from([0, 1, 2, 5, 5, 5, 5, 7, 60, 60, 61, 300, 1800, 3600, 5400, 86_400])
NUMBERS = st.sampled_from([-3.0, -1.5, -1.0, 0.0, 0.0, 0.1, 0.2, 1.0, 1.5, 2.0, 3.0, 7.5])
WORDS = st.sampled_from(["open", "OPEN", "closed", "fault"])
STATES = st.sampled_from(["online", "late", "silent", "offline", "waiting"])

DURATIONS = st.sampled_from([0, 0, 5, 10, 60, 61, 3600])
COMMON = {"for": DURATIONS, "count": st.sampled_from([1, 1, 2, 3])}
LIMITED = st.sampled_from(
    [
        {"op": "above", "limit": 1.0},
        {"op": "above", "limit": 1.0, "clear": 0.0},
        {"op": "below", "limit": 0.0},
        {"op": "below", "limit": 0.0, "clear": 0.2},
        {"op": "outside", "low": -1.0, "high": 1.0},
        {"op": "outside", "low": -1.0, "high": 1.5, "clear": 0.5},
        {"op": "inside", "low": -1.0, "high": 0.1},
        {"op": "inside", "low": 0.0, "high": 1.0, "clear": 0.5},
    ]
)
CONDITIONS = {
    "threshold": LIMITED,
    "rate": st.fixed_dictionaries(
        {
            "op": st.sampled_from(["rises", "falls", "changes"]),
            "limit": st.sampled_from([1.0, 1.5]),
            "clear": st.sampled_from([1.0, 0.5]),
            "per": st.sampled_from([5, 60, 64, 3600]),
        }
    ),
    "stuck": st.fixed_dictionaries(
        {
            "tolerance": st.sampled_from([0, 0.1, 1.0]),
            "for": st.sampled_from([5, 60, 640]),
            "count": st.sampled_from([2, 3]),
        }
    ),
    "silent": st.sampled_from([{"seconds": 5}, {"seconds": 60}, {"times": 2}, {"seconds": 3600}]),
    "offline": st.fixed_dictionaries({"silent": st.booleans(), "for": DURATIONS}),
    "state": st.fixed_dictionaries(
        {
            "op": st.sampled_from(["is", "is_not"]),
            "equals": st.sampled_from([["open"], [True], [False], [1.5, "fault"], [0, 1.0]]),
        }
    ),
    "deviation": st.fixed_dictionaries(
        {
            "op": st.sampled_from(["outside", "above", "below"]),
            "weeks": st.sampled_from([1, 3]),
            "by": st.sampled_from([1.0, 50.0]),
            "relative": st.booleans(),
            "zone": st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu"]),
        }
    ),
}
SCHEDULES = st.one_of(
    st.none(),
    st.none(),
    st.fixed_dictionaries(
        {
            "zone": st.sampled_from(["UTC", "Europe/Berlin"]),
            "days": st.sampled_from([[1, 2, 3, 4, 5, 6, 7], [6, 7], [7]]),
            "from": st.sampled_from(["20:00", "22:00", "02:30", "00:00"]),
            "to": st.sampled_from(["20:01", "02:15", "06:00", "00:00"]),
        }
    ),
)


@st.composite
def cases(draw, kind: str):
    document = {"type": kind, **draw(CONDITIONS[kind])}
    if kind in ("threshold", "rate", "state", "deviation"):
        document |= {field: draw(values) for field, values in COMMON.items()}
    condition = read(document, draw(SCHEDULES))
    values = NUMBERS
    if kind == "state" and condition.takes is Takes.WORDS:
        values = st.one_of(WORDS, NUMBERS)
    elif kind == "offline":
        values = STATES
    time, stream = BEGIN, []
    for gap, value in draw(st.lists(st.tuples(GAPS, values), max_size=40)):
        time += gap * S
        stream.append((time, value))
    return condition, stream, time + draw(GAPS) * S


def pieces(draw, condition: Condition, stream: list, now: int):
    """The stream cut anywhere, each piece with a `now` up to which readings have come in."""
    at = 0
    while at < len(stream):
        stop = draw(st.integers(at, len(stream)))
        piece, at = stream[at:stop], stop
        newest = stream[stop - 1][0] if stop else stream[0][0]
        upto = stream[stop][0] if stop < len(stream) else now
        middle = (newest + upto) // 2
        yield piece, draw(st.sampled_from([newest, middle, upto]))
    yield [], now


def columns(condition: Condition, piece: list):
    times = np.array([time for time, _ in piece], dtype=np.int64)
    values = [value for _, value in piece]
    if condition.takes is Takes.NUMBERS:
        return times, np.array(values, dtype=np.float64)
    return times, values


def usual(condition: Condition, memory: Memory, times, past: dict[int, float]):
    """Only what was asked for, as a database would have it."""
    return {start: past[start] for start, _ in condition.hours(memory, times) if start in past}


def past_means(draw) -> dict[int, float]:
    """Of some hours of the weeks before, quarter hours included for zones that have them."""
    quarter = 900 * S
    start = BEGIN // quarter * quarter
    weeks = draw(st.lists(st.integers(1, 3), unique=True))
    means = draw(st.lists(NUMBERS, min_size=3, max_size=3))
    hours = range(-8, 4 * 24 * 3)
    return {
        start + quarter * at + shift * 3600 * S - week * 7 * 86_400 * S: means[(at + week) % 3]
        for week in weeks
        for at in hours
        for shift in (0, 1)
    }


@pytest.mark.parametrize("kind", CONDITIONS)
@settings(
    max_examples=examples(EXAMPLES),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_cut_says_what_the_model_says(kind: str, monkeypatch: pytest.MonkeyPatch, data) -> None:
    condition, stream, now = data.draw(cases(kind))
    past = past_means(data.draw) if kind == "deviation" else {}
    expected, worst = model.changes(condition, stream, now, past)
    monkeypatch.setattr(window, "PIECE", data.draw(st.sampled_from([3, 1_000])))

    memory, found = Memory(), []
    for piece, until in pieces(data.draw, condition, stream, now):
        times, values = columns(condition, piece)
        before = json.dumps(memory.to_json())
        known = usual(condition, memory, times, past)
        after, changes = condition.step(memory, times, values, until, known)
        assert json.dumps(memory.to_json()) == before  # what was given stays as it was
        again, more = condition.step(after, times, values, until, known)
        assert (again, more) == (after, [])  # readings that come twice say nothing new
        due = condition.due_us(after)
        assert due is None or due > until
        memory = Memory.of_json(json.loads(json.dumps(after.to_json())))
        assert memory == after
        found += changes

    assert found == expected
    if memory.state is not State.CLEARED:
        assert memory.worst == worst


@pytest.mark.parametrize("kind", [kind for kind in CONDITIONS if kind != "offline"])
@settings(max_examples=examples(EXAMPLES), deadline=None)
@given(data=st.data())
def test_what_the_screen_passes_over_changes_nothing(kind: str, data) -> None:
    condition, stream, now = data.draw(cases(kind))
    if kind == "state":
        stream = [(time, value) for time, value in stream if not isinstance(value, str)]
    stream = model.once(stream)
    past = past_means(data.draw) if kind == "deviation" else {}
    expected, worst = model.changes(condition, stream, now, past)

    screen, memory, found = Screen(3), Memory(), []
    slot = 1

    kept: list[tuple[int, float]] = []  # passed over, of a type that needs all

    def step(times, values, until: int) -> None:
        nonlocal memory
        newest = int(screen.newest_us[slot])
        if kept:
            before, of_before = zip(*kept, strict=True)
            kept.clear()
            times = np.append(np.array(before, dtype=np.int64), times)
            values = np.append(np.array(of_before), values)
        elif newest > 0:
            memory = memory.seen(newest)
        known = usual(condition, memory, times, past)
        memory, changes = condition.step(memory, times, values, until, known)
        found.extend(changes)
        screen.set(slot, condition.calm(memory), memory.newest_us)

    screen.set(slot, condition.calm(memory), memory.newest_us)
    nothing = np.empty(0, dtype=np.int64), np.empty(0)
    for piece, until in pieces(data.draw, condition, stream, now):
        times = np.array([time for time, _ in piece], dtype=np.int64)
        values = np.array([value for _, value in piece], dtype=np.float64)
        stirred = screen.stirred(np.full(len(times), slot), times, values)
        assert not len(stirred.late)
        if len(stirred.slots):
            step(times, values, until)
        elif condition.needs_all:
            kept += piece
        if len(screen.overdue(until)):
            step(*nothing, until)
        assert not len(screen.overdue(until))  # nothing is asked for again and again

    assert found == expected
    if memory.state is not State.CLEARED:
        assert memory.worst == worst
