"""Buckets narrower than a minute, from the readings themselves: packs are read faster than Postgres
unpacks them."""

from __future__ import annotations

from typing import Any

import numpy as np

from telemetry.history import columns

MOST = 1e290  # of a value in a sum, so that it stays a float; as in the summaries


def points(series_id: int, start_us: int, stop_us: int, width_us: int) -> list[list[Any]]:
    """[ms, mean, min, max, count] of each bucket with numbers; [start, stop) are edges of
    buckets."""
    times, values = columns.numbers(series_id, start_us, stop_us)
    if not len(times):
        return []
    starts = times // width_us * width_us
    first = np.concatenate(([0], np.flatnonzero(np.diff(starts)) + 1))
    counts = np.diff(np.append(first, len(times)))
    low, high = np.minimum.reduceat(values, first), np.maximum.reduceat(values, first)
    means = np.add.reduceat(np.clip(values, -MOST, MOST), first) / counts
    # Clamped: rounding may put the mean of equal values beside them.
    found = (starts[first] // 1_000, np.clip(means, low, high), low, high, counts)
    return [list(row) for row in zip(*(column.tolist() for column in found), strict=True)]
