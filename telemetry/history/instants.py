"""The times of a series' numbers, for what computes at them."""

from __future__ import annotations

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from telemetry.moments import from_us
from telemetry.sql import load

_SQL = load("instants")


def newest(series_id: int, start_us: int, stop_us: int, limit: int) -> NDArray[np.int64]:
    """Of those from one time to another, both included, the newest so many, the oldest first. Unix
    microseconds."""
    return _found("fetch_newest_instants", series_id, start_us, stop_us, limit)[::-1]


def first_after(series_id: int, start_us: int, stop_us: int, skipped: int = 0) -> int | None:
    """The oldest after so many; None where there are no more."""
    found = _found("fetch_instant_after", series_id, start_us, stop_us, skipped)
    return int(found[0]) if len(found) else None


def _found(name: str, series_id: int, start_us: int, stop_us: int, limit: int) -> NDArray[np.int64]:
    edges = {"start": from_us(start_us), "stop": from_us(stop_us)}
    with connection.cursor() as cursor:
        cursor.execute(_SQL[name], {"series_id": series_id, "limit": limit, **edges})
        return np.array([us for (us,) in cursor.fetchall()], np.int64)
