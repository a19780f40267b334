"""The lowest and the highest value of the time before each reading, in bounded memory. Pure.

Time is cut into buckets, aligned to the epoch, of 1/64 of the span that is looked at, and of each
bucket its extremes are kept. A window consists of whole buckets, so it may begin earlier than the
span by one bucket at most; within that it is exact, whichever way the readings came.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alerts.conditions.judged import Times

BUCKETS = 64  # of a span; two more are kept at most
PIECE = 16_384  # readings that are worked through at once, so that a replay takes little memory

Numbers = NDArray[np.float64]
Places = NDArray[np.intp]

# A row is a bucket, or a single reading: its first instant, which a float holds exactly until the
# year 2255, its extremes, and how many readings it has.
Rows = NDArray[np.float64]
FIRST_US, LOW, HIGH, READINGS = range(4)


def bucket_us(span_us: int) -> int:
    return max(1, span_us // BUCKETS)


def joined(kept: list[list[float]], times: Times, values: Numbers) -> Rows:
    """The buckets that were kept, and behind them single readings: in order of time."""
    rows = np.empty((len(kept) + len(times), 4))
    if kept:
        rows[: len(kept)] = kept
    new = rows[len(kept) :]
    new[:, FIRST_US] = times
    new[:, LOW] = new[:, HIGH] = values
    new[:, READINGS] = 1
    return rows


def buckets(rows: Rows, size_us: int) -> NDArray[np.int64]:
    """The number of each row's bucket."""
    return rows[:, FIRST_US].astype(np.int64) // size_us


def kept(rows: Rows, numbers: NDArray[np.int64], first: int) -> list[list[float]]:
    """What is to be remembered of the rows from this place on: one of each bucket."""
    rows, numbers = rows[first:], numbers[first:]
    is_first = np.empty(len(rows), dtype=bool)
    is_first[:1] = True
    np.not_equal(numbers[1:], numbers[:-1], out=is_first[1:])
    starts = is_first.nonzero()[0]
    found = rows[starts]
    found[:, LOW] = np.minimum.reduceat(rows[:, LOW], starts)
    found[:, HIGH] = np.maximum.reduceat(rows[:, HIGH], starts)
    found[:, READINGS] = np.add.reduceat(rows[:, READINGS], starts)
    remembered: list[list[float]] = found.tolist()
    return remembered


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
        at = (level == each).nonzero()[0]
        if len(at):
            found[at] = ufunc(table[first[at]], table[last[at] + 1 - (1 << each)])
    return found
