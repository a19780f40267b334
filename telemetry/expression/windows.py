"""What a function over a time gives at each instant.

Each window is reckoned from its own readings alone, never from a running total: the result must be
the same, to the last bit, whichever readings around it were read as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from telemetry.expression.columns import Column, Times, Values
from telemetry.expression.problems import TooMuch

HOUR_US = 3_600_000_000.0
MAX_ADDED = 500_000_000  # readings of all windows of one formula: half a second or two

Places = NDArray[np.intp]


class Budget:
    """How many readings one evaluation of a formula may still go through: of all its functions, for
    sixty of them fit into one."""

    def __init__(self) -> None:
        self._left = MAX_ADDED

    def spend(self, readings: int) -> None:
        """Raises `TooMuch`."""
        self._left -= readings
        if self._left < 0:
            raise TooMuch(f"its windows hold more than {MAX_ADDED:,} readings")


class Windows(NamedTuple):
    """Of each instant the readings `[first, stop)` of the column that are in `(instant - span,
    instant]`."""

    column: Column
    instants: Times
    span_us: int
    first: Places
    stop: Places
    budget: Budget

    def reduced(self, ufunc: np.ufunc, values: Values, first: Places, stop: Places) -> Values:
        """The ufunc over `values[first:stop]` of each; no value where that is empty."""
        found = np.full(len(first), np.nan)
        some = stop > first
        self.budget.spend(int((stop - first)[some].sum()))
        if some.any():
            edges = np.stack((first[some], stop[some]), axis=1).ravel()
            # One more value, for an edge may be the end, which reduceat refuses.
            found[some] = ufunc.reduceat(np.append(values, 0.0), edges)[::2]
        return found


def over(what: str, column: Column, instants: Times, span_us: int, budget: Budget) -> Values:
    """What the function gives of the column, over the span before each instant."""
    if what not in ("integral", "degree_days"):  # for these what has no value is a gap
        there = ~np.isnan(column.values)
        column = column._replace(times_us=column.times_us[there], values=column.values[there])
    first = np.searchsorted(column.times_us, instants - span_us, "right")
    stop = np.searchsorted(column.times_us, instants, "right")
    with np.errstate(all="ignore"):
        return _FUNCTIONS[what](Windows(column, instants, span_us, first, stop, budget))


def _sum(of: Windows) -> Values:
    return of.reduced(np.add, of.column.values, of.first, of.stop)


def _count(of: Windows) -> Values:
    return (of.stop - of.first).astype(np.float64)


def _mean(of: Windows) -> Values:
    return _sum(of) / _count(of)


def _min(of: Windows) -> Values:
    return of.reduced(np.minimum, of.column.values, of.first, of.stop)


def _max(of: Windows) -> Values:
    return of.reduced(np.maximum, of.column.values, of.first, of.stop)


def _first(of: Windows) -> Values:
    return _taken(of, of.first)


def _last(of: Windows) -> Values:
    return _taken(of, of.stop - 1)


def _taken(of: Windows, places: Places) -> Values:
    found = np.full(len(places), np.nan)
    some = of.stop > of.first
    found[some] = of.column.values[places[some]]
    return found


def _increase(of: Windows) -> Values:
    """From what held when the window began, where something did. A counter that fell began anew."""
    times, values, hold = of.column
    steps = np.diff(values, prepend=np.nan)
    fell = steps < 0
    steps[fell] = np.maximum(values[fell], 0.0)
    begins = of.first.copy()
    before = np.flatnonzero(of.first > 0)
    age = of.instants[before] - of.span_us - times[of.first[before] - 1]
    begins[before[age > hold]] += 1
    begins[of.first == 0] += 1
    found = of.reduced(np.add, steps, begins, of.stop)
    found[of.stop <= of.first] = np.nan
    return found


def _integral(of: Windows) -> Values:
    """Over hours, of what held; time in which nothing did adds nothing."""
    times, values, hold = of.column
    if not len(times):
        return np.full(len(of.instants), np.nan)
    ends = times + hold
    ends[:-1] = np.minimum(ends[:-1], times[1:])
    known = ~np.isnan(values)
    whole = np.where(known, values * ((ends - times) / HOUR_US), 0.0)
    # Those that begin and end within; then the one that was there before, and the last.
    last = of.stop - 1
    total = of.reduced(np.add, whole, of.first, last)
    total[np.isnan(total) & (last <= of.first)] = 0.0
    covered = of.reduced(np.add, known.astype(np.float64), of.first, last) > 0
    starts = of.instants - of.span_us
    # Where the window has no reading of its own, the one before it is the last as well.
    for places, counts, from_us in (
        (of.first - 1, of.first > 0, starts),
        (last, last >= of.first, np.maximum(starts, times[last])),
    ):
        at = places[counts]
        until = np.minimum(ends[at], of.instants[counts])
        long = until - from_us[counts]
        adds = known[at] & (long > 0)
        chosen = np.flatnonzero(counts)[adds]
        total[chosen] += values[at[adds]] * (long[adds] / HOUR_US)
        covered[chosen] = True
    total[~covered] = np.nan
    return total


def _degree_days(of: Windows) -> Values:
    column = of.column._replace(values=np.maximum(of.column.values, 0.0))
    return _integral(of._replace(column=column)) / 24


_FUNCTIONS: Mapping[str, Callable[[Windows], Values]] = {
    "sum": _sum,
    "count": _count,
    "mean": _mean,
    "min": _min,
    "max": _max,
    "first": _first,
    "last": _last,
    "increase": _increase,
    "integral": _integral,
    "degree_days": _degree_days,
}
