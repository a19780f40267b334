"""Readings that come after what they say was judged without them."""

from __future__ import annotations

import numpy as np

from alerts.conditions import Change, Memory, State, read

S = 1_000_000
BEGIN = 1_792_872_000 * S


def columns(*readings: tuple[int, float]):
    times = np.array([BEGIN + at * S for at, _ in readings], dtype=np.int64)
    return times, np.array([value for _, value in readings])


NOTHING = columns()


def test_a_reading_between_the_newest_and_a_firing_by_time_ends_it_when_it_was() -> None:
    condition = read({"type": "threshold", "op": "above", "limit": 5, "for": 60})
    memory, _ = condition.step(Memory(), *columns((0, 9.0)), BEGIN)
    memory, fired = condition.step(memory, *NOTHING, BEGIN + 61 * S)
    assert fired == [Change(BEGIN + 60 * S, State.FIRING, 9.0, 5.0, BEGIN, 9.0)]
    memory, ended = condition.step(memory, *columns((40, 3.0)), BEGIN + 70 * S)
    assert ended == [Change(BEGIN + 40 * S, State.CLEARED, 3.0, 5.0, BEGIN, 9.0)]


def test_word_that_comes_late_ends_a_silence_and_begins_the_next() -> None:
    condition = read({"type": "silent", "seconds": 60})
    memory, _ = condition.step(Memory(), *columns((0, 1.0)), BEGIN)
    memory, silent = condition.step(memory, *NOTHING, BEGIN + 200 * S)
    assert [(change.at_us, change.state) for change in silent] == [(BEGIN + 60 * S, State.FIRING)]
    memory, heard = condition.step(memory, *columns((100, 1.0)), BEGIN + 200 * S)
    assert [(change.at_us, change.state) for change in heard] == [
        (BEGIN + 100 * S, State.CLEARED),
        (BEGIN + 160 * S, State.FIRING),
    ]


def test_what_is_not_newer_than_the_newest_is_not_judged() -> None:
    condition = read({"type": "threshold", "op": "above", "limit": 5})
    memory, _ = condition.step(Memory(), *columns((0, 1.0), (10, 1.0)), BEGIN + 10 * S)
    after, changes = condition.step(memory, *columns((5, 9.0), (10, 9.0)), BEGIN + 10 * S)
    assert (after, changes) == (memory, [])
    # Of columns that are out of order what goes back is passed over.
    _, changes = condition.step(memory, *columns((12, 1.0), (11, 9.0), (12, 9.0)), BEGIN + 12 * S)
    assert changes == []


def test_a_formula_without_a_value_says_nothing() -> None:
    condition = read({"type": "threshold", "op": "above", "limit": 5, "count": 2})
    stream = columns((0, 9.0), (1, float("nan")), (2, 9.0), (3, float("nan")))
    memory, changes = condition.step(Memory(), *stream, BEGIN + 3 * S)
    assert memory.newest_us == BEGIN + 3 * S
    assert [(change.at_us - BEGIN, change.state) for change in changes] == [
        (0, State.PENDING),
        (2 * S, State.FIRING),
    ]
