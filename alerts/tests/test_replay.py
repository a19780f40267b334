"""A replay over stored readings finds what judging every reading finds, and reads few of them."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.conditions import Memory, read
from alerts.replay.replayed import Budget, Episode, Replayed
from alerts.replay.sources import HeardOf, NumbersOf
from alerts.replay.walk import replay, silently_calm
from alerts.replay.whole import replay_formula, replay_words
from telemetry.moments import from_us, to_us
from telemetry.storage import rollups
from telemetry.storage.backend import backend
from telemetry.tests.written import mark_dirty, series, write
from tests.examples import examples

SECOND = 1_000_000  # microseconds
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
START = 1_772_323_200 * SECOND  # midnight UTC
STOP = START + 6 * HOUR

pytestmark = pytest.mark.django_db

FREEZER = {"type": "threshold", "op": "above", "limit": -15, "clear": -16}


def budget() -> Budget:
    return Budget(10_000_000, time.monotonic() + 60)


def stored(readings: list[tuple[int, float]], **facts: Any) -> int:
    """A series with these (microseconds, value), the older half rolled up, the rest waiting."""
    one = series(**facts)
    backend().make_days({from_us(us).date() for us, _ in readings})
    half = readings[: len(readings) // 2], readings[len(readings) // 2 :]
    with connection.cursor() as cursor:
        for part in half:
            cursor.execute(
                "INSERT INTO reading SELECT %s, unnest(%s::timestamptz[]), unnest(%s::float8[])",
                [one.pk, [from_us(us) for us, _ in part], [value for _, value in part]],
            )
            for minute in {us // MINUTE * MINUTE for us, _ in part}:
                mark_dirty(cursor, from_us(minute))
            if part is half[0]:
                rollups.run(from_us(STOP) + timedelta(days=1))
    return one.pk


def judged(
    condition: Any, readings: list[tuple[int, float]], start: int, stop: int
) -> list[Episode]:
    """By every reading, one at a time."""
    memory, done = Memory(), Replayed()
    for at, (us, value) in enumerate(readings):
        coming = readings[at + 1][0] if at + 1 < len(readings) else stop
        memory, changes = condition.step(
            memory, np.array([us], dtype=np.int64), np.array([value]), min(coming, stop)
        )
        done.take(changes)
    nothing = np.empty(0, dtype=np.int64), np.empty(0)
    done.take(condition.step(memory, *nothing, stop)[1])
    return done.since(start).episodes


CONDITIONS = [
    FREEZER,
    {**FREEZER, "for": 90},
    {**FREEZER, "count": 3},
    {"type": "threshold", "op": "below", "limit": -21},
    {"type": "threshold", "op": "outside", "low": -21, "high": -15, "clear": 1, "for": 30},
    {"type": "threshold", "op": "inside", "low": -18.5, "high": -17.5},
    {"type": "rate", "op": "rises", "limit": 3, "per": 120},
    {"type": "stuck", "for": 300, "tolerance": 0.1},
    {"type": "silent", "seconds": 30},
    {"type": "silent", "seconds": 200},
]
NIGHTS = {"zone": "Europe/Berlin", "from": "02:00", "to": "04:30"}

steps = st.lists(
    st.tuples(
        st.sampled_from([1, 7, 20, 61, 200, 1_500]),  # seconds
        st.sampled_from([-22.0, -18.0, -17.95, -16.0, -15.5, -15.0, -14.5, -5.0]),
    ),
    min_size=1,
    max_size=60,
)


@pytest.mark.parametrize("schedule", [None, NIGHTS])
@settings(
    max_examples=examples(12),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=steps, offset=st.integers(0, 59 * SECOND))
def test_a_replay_is_what_judging_every_reading_finds(
    db: None, schedule: Any, steps: list[tuple[int, float]], offset: int
):
    readings, us = [], START + offset
    for seconds, value in steps:
        readings.append((us, value))
        us += seconds * SECOND
    inside = [each for each in readings if each[0] < STOP]
    pk = stored(readings, uid=f"d-{time.monotonic_ns()}")
    for document in CONDITIONS:
        condition = read(document, schedule)
        source = HeardOf((pk,)) if document["type"] == "silent" else NumbersOf(pk)
        found = replay(condition, source, START, STOP, budget())
        assert found.episodes == judged(condition, inside, START, STOP), document
        assert found.judged_us == STOP
        if list(silently_calm(condition, [pk], START, STOP)):
            assert found.episodes == []


@pytest.fixture
def quiet_freezer() -> int:
    """Two days of a reading each 20 s, with one warm hour."""
    times = np.arange(START, START + 48 * HOUR, 20 * SECOND)
    values = np.where((times >= START + 30 * HOUR) & (times < START + 31 * HOUR), -10.0, -18.0)
    return stored(list(zip(times.tolist(), values.tolist(), strict=True)))


def test_only_minutes_that_may_change_something_are_read(quiet_freezer: int):
    spent = budget()
    found = replay(
        read({**FREEZER, "for": 300}), NumbersOf(quiet_freezer), START, START + 48 * HOUR, spent
    )
    assert found.episodes == [
        Episode(START + 30 * HOUR, START + 30 * HOUR + 300 * SECOND, START + 31 * HOUR)
    ]
    assert 10_000_000 - spent.readings < 400  # of 8 640
    calm = read({"type": "threshold", "op": "above", "limit": 0})
    assert list(silently_calm(calm, [quiet_freezer], START, START + 48 * HOUR)) == [quiet_freezer]


def test_a_target_with_too_many_readings_says_how_far_it_was_judged(quiet_freezer: int):
    none = Budget(0, time.monotonic() + 60)
    found = replay(read(FREEZER), NumbersOf(quiet_freezer), START, START + 48 * HOUR, none)
    assert (found.episodes, found.judged_us) == ([], START)


def test_words_are_all_read_in_their_order(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("alerts.replay.sources.CHUNK", 2)
    one = series("state", kind="text")
    ms = START // 1_000
    said = ["ok", "fault", "fault", 3.0, "ok"]
    write(one.pk, [(ms + at * 60_000, value) for at, value in enumerate(said)])
    condition = read({"type": "state", "equals": ["fault", 3]})
    found = replay_words(condition, one.pk, START, STOP, budget())
    assert found.episodes == [Episode(START + MINUTE, START + MINUTE, START + 4 * MINUTE)]


def test_unlike_past_weeks_takes_the_means_of_their_hours():
    week = 7 * 24 * HOUR
    past = [(START - week + at * MINUTE, -18.0) for at in range(120)]
    now = [(START + at * MINUTE, -18.0 if at < 60 else -10.0) for at in range(120)]
    pk = stored([*past, *now])
    condition = read({"type": "deviation", "weeks": 1, "by": 5, "op": "above"})
    found = replay(condition, NumbersOf(pk), START, STOP, budget())
    assert [each.since_us for each in found.episodes] == [START + HOUR]


def test_times_in_the_store_are_those_that_are_judged():
    us = to_us(from_us(START)) + 1
    pk = stored([(us, -10.0), (us + SECOND, -18.0)])
    found = replay(read(FREEZER), NumbersOf(pk), START, STOP, budget())
    assert found.episodes == [Episode(us, us, us + SECOND)]


def test_a_series_without_readings_stays_quiet():
    one = series()
    for document in CONDITIONS:
        assert replay(read(document), NumbersOf(one.pk), START, STOP, budget()).episodes == []


def test_a_formula_is_judged_by_all_readings_of_its_series():
    supply = stored(
        [(START + n * 30 * SECOND, 60.0 if n % 400 < 390 else 90.0) for n in range(900)]
    )
    back = stored([(START + n * 45 * SECOND, 40.0) for n in range(600)], metric="back")
    document = {"type": "expression", "formula": "supply - back", "op": "above", "limit": 30}
    found = replay_formula(
        read(document), {"supply": supply, "back": back}, START, START + 8 * HOUR, budget()
    )
    assert [(each.since_us - START) // (30 * SECOND) for each in found.episodes] == [390, 790]
    assert found.judged_us == START + 8 * HOUR
