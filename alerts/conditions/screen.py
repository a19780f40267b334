"""Which of many targets must be stepped at all, found for all of them at once by numpy. Pure.

A healthy series stays within the range that changes nothing, so it costs some nanoseconds a reading
and no Python of its own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerts.conditions.condition import Calm
from alerts.conditions.judged import NEVER, NOTHING

UNHEARD = -NEVER  # the newest reading of a target that has none
_FREE = Calm(*NOTHING)  # of a slot that nobody has


class Stirred(NamedTuple):
    """Slots, ascending."""

    slots: NDArray[np.intp]  # to be stepped with these readings
    late: NDArray[np.intp]  # among them, those that got a reading not newer than their newest


class Screen:
    """A slot for each target, numbered from 0 by whoever uses it."""

    def __init__(self, size: int = 0) -> None:
        self._low = np.full(size, _FREE.low)
        self._high = np.full(size, _FREE.high)
        self._due_us = np.full(size, _FREE.due_us, dtype=np.int64)
        self._gap_us = np.full(size, _FREE.gap_us, dtype=np.int64)
        self._until_us = np.full(size, _FREE.until_us, dtype=np.int64)
        self.newest_us = np.full(size, UNHEARD, dtype=np.int64)

    def set(self, slot: int, calm: Calm, newest_us: int | None) -> None:
        """After a step, or when a target is taken on."""
        self._low[slot], self._high[slot] = calm.low, calm.high
        self._due_us[slot], self._gap_us[slot] = calm.due_us, calm.gap_us
        self._until_us[slot] = calm.until_us
        self.newest_us[slot] = UNHEARD if newest_us is None else newest_us

    def stirred(
        self, slots: NDArray[np.intp], times_us: NDArray[np.int64], values: NDArray[np.float64]
    ) -> Stirred:
        """Those that must be stepped with these readings, in the order of their slots and, of one
        slot, of time. Of all others the newest is moved on, and they are done."""
        if not len(slots):
            return Stirred(slots, slots)
        starts = np.flatnonzero(np.concatenate(([True], slots[1:] != slots[:-1])))
        stops = np.append(starts[1:], len(slots))
        found = slots[starts]
        newest = self.newest_us[found]
        first, last = times_us[starts], times_us[stops - 1]
        gaps = np.empty(len(slots), dtype=np.int64)
        np.subtract(times_us[1:], times_us[:-1], out=gaps[1:])
        gaps[starts] = np.where(newest == UNHEARD, 0, first - newest)
        late = first <= newest
        calm = (
            (np.minimum.reduceat(values, starts) >= self._low[found])
            & (np.maximum.reduceat(values, starts) <= self._high[found])
            & (last < np.minimum(self._due_us[found], self._until_us[found]))
            & (np.maximum.reduceat(gaps, starts) < self._gap_us[found])
            & ~late
        )
        self.newest_us[found[calm]] = last[calm]
        return Stirred(found[~calm], found[late])

    def overdue(self, now_us: int | NDArray[np.int64]) -> NDArray[np.intp]:
        """Those that must be stepped by now, with or without readings; now may be another for
        each slot, whose clocks differ."""
        silent = (self.newest_us != UNHEARD) & (now_us - self.newest_us >= self._gap_us)
        return np.flatnonzero(silent | (now_us >= self._due_us))
