"""The lowest and the highest value of the time before each reading, in bounded memory. Pure.

Time is cut into buckets, aligned to the epoch, of 1/64 of the span that is looked at, and of each
bucket its extremes are kept. A window consists of whole buckets, so it may begin earlier than the
span by one bucket at most; within that it is exact, whichever way the readings came.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerts.conditions.judged import Times

BUCKETS = 64  # of a span; two more are kept at most
PIECE = 16_384  # readings that are worked through at once, so that a replay takes little memory

Numbers = NDArray[np.float64]
Places = NDArray[np.intp]


def bucket_us(span_us: int) -> int:
    return max(1, span_us // BUCKETS)


class Buckets(NamedTuple):
    """Buckets that were kept, and behind them single readings: in order of time."""

    number: NDArray[np.int64]
    first_us: Times
    low: Numbers
    high: Numbers
    readings: NDArray[np.int64]  # how many

    @classmethod
    def of(cls, kept: list[list[float]], times: Times, values: Numbers, size_us: int) -> Buckets:
        first, low, high, readings = zip(*kept, strict=True) if kept else ((),) * 4
        first_us = np.concatenate((np.array(first, dtype=np.int64), times))
        return cls(
            first_us // size_us,
            first_us,
            np.concatenate((np.array(low, dtype=np.float64), values)),
            np.concatenate((np.array(high, dtype=np.float64), values)),
            np.concatenate((np.array(readings, dtype=np.int64), np.ones(len(times), np.int64))),
        )

    def kept(self, first: int) -> list[list[float]]:
        """From this place on, one of each bucket, as the memory has them."""
        if first >= len(self.number):
            return []
        number = self.number[first:]
        starts = np.flatnonzero(np.concatenate(([True], number[1:] != number[:-1])))
        columns = (
            self.first_us[first:][starts],
            np.minimum.reduceat(self.low[first:], starts),
            np.maximum.reduceat(self.high[first:], starts),
            np.add.reduceat(self.readings[first:], starts),
        )
        return [list(row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def over(ufunc: np.ufunc, values: Numbers, first: Places, last: Places) -> Numbers:
    """`ufunc` (minimum or maximum) over `values[first … last]` of each, both ends included."""
    longest = int((last - first).max()) + 1
    tables = [values]  # of each power of two, the result over so many values from each place on
    while (size := 1 << len(tables)) <= longest:
        below = tables[-1]
        tables.append(ufunc(below[: len(values) - size + 1], below[size // 2 :]))
    level = np.frexp((last - first + 1).astype(np.float64))[1] - 1
    found = np.empty(len(first))
    for each, table in enumerate(tables):
        at = np.flatnonzero(level == each)
        if len(at):
            found[at] = ufunc(table[first[at]], table[last[at] + 1 - (1 << each)])
    return found
