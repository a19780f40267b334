"""Readings of one series as columns, for what judges or computes many: a COPY of numbers comes at
some millions a second."""

from __future__ import annotations

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from telemetry.moments import from_us
from telemetry.sql import load
from telemetry.storage.copy_binary import POSTGRES_EPOCH_US, SIGNATURE, TRAILER

_SQL = load("history")
_ROW = np.dtype(
    [
        ("fields", ">i2"),
        ("time_size", ">i4"),
        ("time", ">i8"),
        ("value_size", ">i4"),
        ("value", ">f8"),
    ]
)


def numbers(
    series_id: int, start_us: int, stop_us: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Times in Unix microseconds and values in [start, stop), oldest first."""
    statement = f"COPY ({_SQL['fetch_numbers']}) TO STDOUT (FORMAT BINARY)"
    within = {"series_id": series_id, "start": from_us(start_us), "stop": from_us(stop_us)}
    with connection.cursor() as cursor, cursor.copy(statement, within) as copy:
        data = b"".join(copy)
    rows = np.frombuffer(data[len(SIGNATURE) : -len(TRAILER)], dtype=_ROW)
    return rows["time"].astype(np.int64) + POSTGRES_EPOCH_US, rows["value"].astype(np.float64)
