"""Buckets narrower than a minute, from the readings themselves: packs are read faster than Postgres
unpacks them."""

from __future__ import annotations

from typing import Any

import numpy as np

from telemetry.history import columns
from telemetry.history.aggregates import Numbers, of_numbers


def points(series_id: int, start_us: int, stop_us: int, width_us: int) -> list[tuple[Any, ...]]:
    """(ms, mean, min, max, count) of each bucket with numbers; [start, stop) are edges of
    buckets."""
    edges = np.arange(start_us, stop_us + 1, width_us)
    numbers = Numbers(*columns.numbers(series_id, start_us, stop_us))
    found = of_numbers(("mean", "min", "max", "count"), numbers, edges)
    full = found["count"] > 0
    rows = (edges[:-1][full] // 1_000, *(column[full] for column in found.values()))
    return list(zip(*(column.tolist() for column in rows), strict=True))
