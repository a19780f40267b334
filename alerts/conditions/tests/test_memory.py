"""What a memory holds stays small, and readings that are old enough are not needed any more."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.conditions import Memory, State, read
from alerts.conditions.judged import Readings
from alerts.conditions.memory import MAX_JSON
from alerts.conditions.window import BUCKETS
from tests.examples import examples

S = 1_000_000
BEGIN = 1_792_872_000 * S

LOOKING_BACK = [
    {"type": "rate", "op": "rises", "limit": 1.5, "per": 60},
    {"type": "rate", "op": "changes", "limit": 2.5, "per": 640},
    {"type": "stuck", "tolerance": 1, "for": 60},
    {"type": "stuck", "for": 640, "count": 2},
]


@pytest.mark.parametrize("document", LOOKING_BACK)
def test_a_window_is_bounded_however_often_a_series_comes(document) -> None:
    condition = read(document)
    memory = Memory()
    random = np.random.default_rng(7)
    for piece in range(4):
        times = BEGIN + (piece * 20_000 + np.arange(20_000)) * (S // 10)
        values = random.normal(-1234.5678901234, 1e-3, len(times))
        memory, _ = condition.step(memory, times, values, int(times[-1]))
        assert len(memory.window) <= 2 * BUCKETS + 2
        assert len(json.dumps(memory.to_json())) < MAX_JSON


@pytest.mark.parametrize("document", LOOKING_BACK)
@settings(max_examples=examples(30), deadline=None)
@given(
    gaps=st.lists(st.sampled_from([1, 5, 5, 7, 60, 61, 640, 1300]), min_size=2, max_size=40),
    values=st.data(),
)
def test_a_new_memory_needs_only_the_readings_of_lookback(document, gaps, values) -> None:
    condition = read(document)
    times = BEGIN + np.cumsum(gaps) * S
    levels = st.sampled_from([0.0, 0.0, 1.0, 2.0, 3.0])
    series = np.array([values.draw(levels) for _ in gaps])
    cut = values.draw(st.integers(1, len(gaps) - 1))
    at = int(times[cut])
    recent = (times >= at - condition.lookback_us) & (times < at)
    whole, _ = condition.step(Memory(), times[:cut], series[:cut], at)
    warm, _ = condition.step(Memory(), times[recent], series[recent], at)
    rest = Readings(times[cut:], series[cut:], int(times[-1]), {})
    found, expected = (condition.judging.judge(each.copy(), rest) for each in (warm, whole))
    assert found.over.tolist() == expected.over.tolist()
    assert np.array_equal(found.values, expected.values)


def test_where_a_stored_memory_goes_on() -> None:
    condition = read({"type": "rate", "op": "rises", "limit": 1, "per": 64, "for": 600})
    idle = Memory(newest_us=BEGIN)
    assert condition.resume_us(idle, BEGIN + 10 * S) == BEGIN
    assert condition.resume_us(idle, BEGIN + 600 * S) == BEGIN + 535 * S
    times = np.array([BEGIN, BEGIN + S])
    pending, _ = condition.step(Memory(), times, np.array([0.0, 5.0]), BEGIN + S)
    assert pending.state is State.PENDING
    assert condition.resume_us(pending, BEGIN + 600 * S) == BEGIN + S
