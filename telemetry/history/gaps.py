"""Buckets without a reading: which are a gap, and what they are filled with. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# null      a gap is null; a bucket that is empty because the series is slower than the grid is
#           left out
# none      every empty bucket is left out
# previous  the last value before it
# linear    between its neighbours, by time
FILLS = ("null", "none", "previous", "linear")


def in_gaps(
    full: NDArray[np.bool_], edges: NDArray[np.int64], silence_us: int
) -> NDArray[np.bool_]:
    """The empty buckets in runs that last longer than the silence of the device; also a run at the
    begin or the end of the window."""
    empty = ~full
    ends = np.flatnonzero(np.diff(np.concatenate(([False], empty, [False])).astype(np.int8)))
    gaps = np.zeros(len(full), bool)
    for begin, end in zip(ends[::2].tolist(), ends[1::2].tolist(), strict=True):
        gaps[begin:end] = edges[end] - edges[begin] > silence_us
    return gaps


def filled(
    values: NDArray[np.float64], edges: NDArray[np.int64], fill: str, before: float | None
) -> NDArray[np.float64]:
    """`before` is the newest value before the window; beyond the last value nothing is linear."""
    there = np.flatnonzero(~np.isnan(values))
    if fill == "linear" and len(there):
        inside = slice(there[0], there[-1] + 1)
        found = values.copy()
        found[inside] = np.interp(edges[:-1][inside], edges[:-1][there], values[there])
        return found
    if fill == "previous":
        last = np.searchsorted(there, np.arange(len(values)), side="right") - 1
        start = np.nan if before is None else before
        if not len(there):
            return np.full(len(values), start)
        return np.where(last < 0, start, values[there[np.maximum(last, 0)]])
    return values
