"""The readings of one series as a formula takes them: a value holds until the next, for a time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]  # Unix microseconds
Values = NDArray[np.float64]  # NaN where there is no value; true is 1 and false is 0


class Column(NamedTuple):
    """Readings, the oldest first, each instant once."""

    times_us: Times
    values: Values
    hold_us: int  # how long a value holds when none comes after it

    def at(self, instants: Times) -> Values:
        """The value that holds at each instant."""
        found = np.full(len(instants), np.nan)
        places = np.searchsorted(self.times_us, instants, "right") - 1
        held = places >= 0
        held[held] = instants[held] - self.times_us[places[held]] <= self.hold_us
        found[held] = self.values[places[held]]
        return found

    def between(self, after_us: int, until_us: int) -> Times:
        """The instants of its readings in (after, until]."""
        first, last = np.searchsorted(self.times_us, (after_us, until_us), "right")
        return self.times_us[first:last]


def column(times_us: list[int], values: list[float], hold_us: int) -> Column:
    """One of lists; for tests and the few."""
    return Column(np.array(times_us, np.int64), np.array(values, np.float64), hold_us)
