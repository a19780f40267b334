"""What the readings of one series come to in each bucket. Pure: columns in, columns out.

`edges` are where buckets begin and the last one ends, Unix microseconds; readings lie within them,
oldest first. NaN says that a bucket has no such value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# What summaries of minutes, hours and days give exactly.
SUMMED = ("mean", "min", "max", "sum", "count", "first", "last")
# What needs every reading.
QUANTILES = {"median": 0.5, "p05": 0.05, "p95": 0.95}
DURATION = "duration_in_state"
NAMES = (
    *SUMMED, *QUANTILES, "stddev", "increase", "rate", "time_weighted_mean", DURATION,
)  # fmt: skip
# A state of the thing measured, which holds until the next: what `fill` may fill in.
STATES = frozenset({"mean", "min", "max", "first", "last", *QUANTILES, "time_weighted_mean"})
BOUND = 1e290  # what is larger counts as this in a sum, as in the summaries: none overflows


class Numbers(NamedTuple):
    """Readings of a series: `before` is the newest earlier one; nothing is said of what comes at
    or after `until_us`, where the time measured ends."""

    times_us: Ints
    values: Floats
    before: float | None = None
    until_us: int | None = None


class Pieces(NamedTuple):
    """Summaries, each within one bucket, oldest first."""

    times_us: Ints
    counts: Ints
    sum: Floats
    min: Floats
    max: Floats
    first: Floats
    last: Floats


def of_numbers(names: Sequence[str], numbers: Numbers, edges: Ints) -> dict[str, NDArray[Any]]:
    """Each of `names` but `DURATION`, by its name; `count` in integers."""
    basic = of_pieces([name for name in names if name in SUMMED], _pieces(numbers), edges)
    quantiles = [name for name in names if name in QUANTILES]
    more = _quantiles(quantiles, numbers, edges) if quantiles else {}
    return {
        name: basic[name]
        if name in basic
        else more[name]
        if name in more
        else _OF_NUMBERS[name](numbers, edges)
        for name in names
    }


def of_pieces(names: Sequence[str], pieces: Pieces, edges: Ints) -> dict[str, NDArray[Any]]:
    """Those of `SUMMED` among the names."""
    begins, full = _slots(pieces.times_us, edges)
    buckets = len(full)
    found: dict[str, NDArray[Any]] = {}
    if not full.any():
        for name in names:
            found[name] = np.zeros(buckets, np.int64) if name == "count" else _nothing(buckets)
        return found
    at = begins[:-1][full]
    count = np.add.reduceat(pieces.counts, at)
    low, high = np.minimum.reduceat(pieces.min, at), np.maximum.reduceat(pieces.max, at)
    total = np.add.reduceat(pieces.sum, at)
    of = {
        "sum": total,
        "min": low,
        "max": high,
        # Rounding may put the mean of equal values beside them.
        "mean": np.clip(total / count, low, high),
        "first": pieces.first[at],
        "last": pieces.last[begins[1:][full] - 1],
    }
    for name in names:
        if name == "count":
            found[name] = np.zeros(buckets, np.int64)
            found[name][full] = count
        else:
            found[name] = _nothing(buckets)
            found[name][full] = of[name]
    return found


def durations(
    times_us: Ints, codes: NDArray[np.int64], edges: Ints, *, states: int, until_us: int
) -> Floats:
    """Seconds in each state, a row a bucket and a column a state. What was before the first edge
    stands as a reading at or before it. A bucket nothing is said of has NaN in its row."""
    spent = np.zeros((len(edges) - 1, states))
    if len(times_us):
        at, slots, lengths = _stretches(times_us, edges, until_us)
        np.add.at(spent, (slots, codes[at]), lengths / 1e6)
    spent[spent.sum(axis=1) == 0] = np.nan
    return spent


def _pieces(numbers: Numbers) -> Pieces:
    values = numbers.values
    ones = np.ones(len(values), np.int64)
    total = np.clip(values, -BOUND, BOUND)
    return Pieces(numbers.times_us, ones, total, values, values, values, values)


def _quantiles(names: Sequence[str], numbers: Numbers, edges: Ints) -> dict[str, NDArray[Any]]:
    """Between two neighbours in proportion, as NumPy and pandas do."""
    begins, full = _slots(numbers.times_us, edges)
    counts = np.diff(begins)
    slots = np.repeat(np.arange(len(counts)), counts)
    values = numbers.values[np.lexsort((numbers.values, slots))]
    found = {}
    for name in names:
        found[name] = _nothing(len(counts))
        place = begins[:-1][full] + (counts[full] - 1) * QUANTILES[name]
        below = np.floor(place).astype(np.int64)
        above = np.ceil(place).astype(np.int64)
        part = place - below
        found[name][full] = values[below] * (1 - part) + values[above] * part
    return found


def _stddev(numbers: Numbers, edges: Ints) -> Floats:
    """Of the sample (n - 1); of a single reading there is none."""
    begins, full = _slots(numbers.times_us, edges)
    found = _nothing(len(full))
    if full.any():
        counts = np.diff(begins)[full]
        at = begins[:-1][full]
        means = np.add.reduceat(numbers.values / np.repeat(counts, counts), at)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            squares = np.add.reduceat((numbers.values - np.repeat(means, counts)) ** 2, at)
            found[full] = np.sqrt(squares / (counts - 1))
        found[~np.isfinite(found)] = np.nan
    return found


def _increase(numbers: Numbers, edges: Ints) -> Floats:
    """What a counter went up by, from the reading before the bucket on. A value lower than the one
    before is a counter that began again at 0. Those of neighbours add up to that of both."""
    begins, full = _slots(numbers.times_us, edges)
    found = _nothing(len(full))
    values = numbers.values
    if len(values):
        first = values[0] if numbers.before is None else numbers.before
        earlier = np.concatenate(([first], values[:-1]))
        with np.errstate(over="ignore"):
            steps = np.where(values >= earlier, values - earlier, np.maximum(values, 0))
            found[full] = np.add.reduceat(steps, begins[:-1][full])
    return found


def _rate(numbers: Numbers, edges: Ints) -> Floats:
    """The increase a second, over the whole bucket or what is over of it."""
    until = edges[-1] if numbers.until_us is None else numbers.until_us
    seconds = (np.clip(edges[1:], None, until) - edges[:-1]) / 1e6
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(seconds > 0, _increase(numbers, edges) / seconds, np.nan)
    return found


def _time_weighted_mean(numbers: Numbers, edges: Ints) -> Floats:
    """Each value holds until the next one; that before the window from its start."""
    times, values = numbers.times_us, numbers.values
    if numbers.before is not None:
        times = np.concatenate(([edges[0]], times))
        values = np.concatenate(([numbers.before], values))
    found = _nothing(len(edges) - 1)
    if not len(times):
        return found
    until = int(edges[-1] if numbers.until_us is None else numbers.until_us)
    at, slots, lengths = _stretches(times, edges, until)
    covered = np.bincount(slots, lengths, len(found))
    # By its part of the bucket, and not divided at the end: no product overflows.
    weighted = np.bincount(slots, values[at] * (lengths / covered[slots]), len(found))
    found[covered > 0] = weighted[covered > 0]
    return found


def _stretches(times_us: Ints, edges: Ints, until_us: int) -> tuple[Ints, Ints, Floats]:
    """The time from the first reading to `until_us`, cut at each reading and each edge: which
    reading holds there, in which bucket, and for how many microseconds."""
    end = min(int(edges[-1]), until_us)
    cuts = np.union1d(times_us, edges)
    cuts = cuts[(cuts >= max(int(times_us[0]), int(edges[0]))) & (cuts < end)]
    lengths = np.diff(np.append(cuts, end))
    at = np.searchsorted(times_us, cuts, side="right") - 1
    slots = np.searchsorted(edges, cuts, side="right") - 1
    return at, slots, lengths.astype(np.float64)


def _slots(times_us: Ints, edges: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """Where the readings of each bucket begin and the last end, and which buckets have some."""
    begins = np.searchsorted(times_us, edges)
    return begins, np.diff(begins) > 0


def _nothing(buckets: int) -> Floats:
    return np.full(buckets, np.nan)


_OF_NUMBERS: dict[str, Callable[[Numbers, Ints], Floats]] = {
    "stddev": _stddev,
    "increase": _increase,
    "rate": _rate,
    "time_weighted_mean": _time_weighted_mean,
}
