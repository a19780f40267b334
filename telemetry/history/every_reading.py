"""Aggregates that need every reading of a series: a bucket at a time, so that memory holds one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telemetry.history import blocks, columns
from telemetry.history.aggregates import DURATION, Floats, Ints, Numbers, durations, of_numbers
from telemetry.history.read_limit import limited
from telemetry.history.refusal import CannotAnswer

MAX_READINGS = 5_000_000  # numbers one answer goes through: some three seconds
MAX_TEXTS = 200_000  # texts of one series
MAX_STATES = 50  # different ones of a series

INSTEAD = "Narrow the window, ask for fewer series, or for mean, min, max, sum, count, first, last."


@dataclass
class Found:
    values: dict[str, NDArray[Any]]  # by aggregate
    states: dict[str, Floats] = field(default_factory=dict)  # seconds in each, by state
    rows: int = 0


def of_series(
    series_id: int,
    names: Sequence[str],
    edges: Ints,
    *,
    before: float | None,
    until_us: int,
    room: int,
    state_name: Any,
) -> Found:
    """Of the numbers of a series, at most `room` of them. `before` is the newest number before the
    first edge; `state_name` writes one as a state."""
    plain = [name for name in names if name != DURATION]
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in plain}
    states: dict[str, Floats] = defaultdict(lambda: np.zeros(len(edges) - 1))
    rows = 0
    reading = blocks.read([series_id], int(edges[0]), int(edges[-1]))
    for first, last, times, values in _whole_buckets(reading, edges):
        rows += len(times)
        if rows > room:
            raise too_many()
        within = edges[first : last + 1]
        numbers = Numbers(times, values, before, min(until_us, int(within[-1])))
        for name, found in of_numbers(plain, numbers, within).items():
            parts[name].append(found)
        if DURATION in names:
            for state, spent in _durations(numbers, within).items():
                states[state_name(state)][first:last] += spent
            if len(states) > MAX_STATES:
                raise too_many_states()
        if len(values):
            before = float(values[-1])
    return Found({name: np.concatenate(each) for name, each in parts.items()}, states, rows)


def of_texts(
    series_id: int,
    names: Sequence[str],
    edges: Ints,
    *,
    before: str | None,
    until_us: int,
    state_name: Any,
) -> Found:
    """Of what a series said in words; only count, first, last and the time in each state have a
    meaning there."""
    with limited():
        times, said = columns.words(series_id, int(edges[0]), int(edges[-1]), MAX_TEXTS + 1)
    if len(times) > MAX_TEXTS:
        raise CannotAnswer(
            "from",
            f"A series said more than {MAX_TEXTS} texts there, the most that are aggregated."
            " Narrow the window.",
        )
    texts = [each if isinstance(each, str) else state_name(each) for each in said]
    begins = np.searchsorted(times, edges)
    full = np.diff(begins) > 0
    found = Found({}, {}, len(times))
    for name in names:
        if name == "count":
            found.values[name] = np.diff(begins)
        elif name in ("first", "last"):
            at = begins[:-1] if name == "first" else begins[1:] - 1
            column = np.full(len(full), None, object)
            column[full] = np.array(texts, object)[at[full]]
            found.values[name] = column
        elif name != DURATION:
            found.values[name] = np.full(len(full), np.nan)
    if DURATION in names:
        if before is not None:
            times, texts = np.concatenate(([edges[0]], times)), [before, *texts]
        names_of = sorted(set(texts))
        if len(names_of) > MAX_STATES:
            raise too_many_states()
        codes = np.searchsorted(np.array(names_of, object), np.array(texts, object))
        spent = durations(times, codes, edges, states=len(names_of), until_us=until_us)
        found.states = {state: spent[:, place] for place, state in enumerate(names_of)}
    return found


def too_many() -> CannotAnswer:
    return CannotAnswer(
        "agg",
        f"This needs more than {MAX_READINGS} readings, the most one answer goes through."
        f" {INSTEAD}",
    )


def too_many_states() -> CannotAnswer:
    return CannotAnswer(
        "agg", f"{DURATION}: a series has more than {MAX_STATES} different states there."
    )


def _durations(numbers: Numbers, edges: Ints) -> dict[float, Floats]:
    times, values = numbers.times_us, numbers.values
    if numbers.before is not None:
        times = np.concatenate((edges[:1], times))
        values = np.concatenate(([numbers.before], values))
    states, codes = np.unique(values, return_inverse=True)
    if len(states) > MAX_STATES:
        raise too_many_states()
    until = numbers.until_us if numbers.until_us is not None else int(edges[-1])
    spent = durations(times, codes, edges, states=len(states), until_us=until)
    return {float(state): spent[:, place] for place, state in enumerate(states)}


def _whole_buckets(
    reading: Iterator[blocks.Block], edges: Ints
) -> Iterator[tuple[int, int, Ints, Floats]]:
    """Buckets [first, last) with all readings they have; every bucket once, in order."""
    times: list[Ints] = []
    values: list[Floats] = []
    done = 0
    for block in reading:
        times.append(block.times_us)
        values.append(block.values)
        reached = int(np.searchsorted(edges, block.times_us[-1], side="right")) - 1
        if reached > done:
            all_times, all_values = np.concatenate(times), np.concatenate(values)
            cut = int(np.searchsorted(all_times, edges[reached]))
            yield done, reached, all_times[:cut], all_values[:cut]
            times, values, done = [all_times[cut:]], [all_values[cut:]], reached
    nothing = np.empty(0, np.int64), np.empty(0, np.float64)
    yield (
        done,
        len(edges) - 1,
        np.concatenate([nothing[0], *times]),
        np.concatenate([nothing[1], *values]),
    )
