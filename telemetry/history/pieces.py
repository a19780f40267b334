"""The summaries of some series, with the readings that are in none yet, as columns: what calendar
buckets are made of. One statement, so that nothing is counted twice or left out while the rollups
run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from telemetry.history.aggregates import Ints, Pieces
from telemetry.history.buckets import DAY, HOUR, MINUTE
from telemetry.history.read_limit import limited
from telemetry.moments import from_us
from telemetry.sql import load
from telemetry.storage.copy_binary import POSTGRES_EPOCH_US, SIGNATURE

LEVELS = {"1d": DAY * 1000, "1h": HOUR * 1000, "1m": MINUTE * 1000}  # µs, the coarsest first
_READING = 2  # the depth of a piece that is a reading

_SQL = load("pieces")
# One row of arrays: row by row, the client alone takes four microseconds each.
_ARRAYS = {
    "series_id": ">i4", "time": ">i8", "count": ">i8", "sum": ">f8", "min": ">f8", "max": ">f8",
    "first": ">f8", "last": ">f8", "depth": ">i4",
}  # fmt: skip
_AGGREGATED = ", ".join(f"array_agg({name} ORDER BY series_id, time)" for name in _ARRAYS)
_SIZE = 4  # bytes, before a row's field and an array's element
_HEAD = 20  # bytes of an array: dimensions, flags, type, length, lower bound


class Found(NamedTuple):
    of: dict[int, Pieces]  # of each series that has some
    rows: int
    fresh_us: int | None  # the oldest reading that was read because no summary has it


def level(edges: Ints) -> str | None:
    """The coarsest summaries that fill buckets with these edges exactly; None: only readings do."""
    for name, width_us in LEVELS.items():
        if not (edges % width_us).any():
            return name
    return None


def read(level: str, series_ids: Sequence[int], start_us: int, stop_us: int) -> Found:
    """[start, stop) are edges of the level. Raises `TooSlow`."""
    selected = f"SELECT {_AGGREGATED} FROM ({_SQL[f'pieces_{level}']}) AS piece"  # noqa: S608 (ours)
    statement = f"COPY ({selected}) TO STDOUT (FORMAT BINARY)"
    within = {"series": list(series_ids), "start": from_us(start_us), "stop": from_us(stop_us)}
    # The driver's own cursor: with DEBUG Django's takes no parameters to COPY.
    with limited(), connection.cursor() as cursor, cursor.cursor.copy(statement, within) as copy:
        data = b"".join(copy)
    rows = _arrays(data)
    times = rows["time"] + POSTGRES_EPOCH_US
    columns = [rows[name] for name in ("sum", "min", "max", "first", "last")]
    ids, begins = np.unique(rows["series_id"], return_index=True)
    ends = np.append(begins, len(times))[1:].tolist()
    fresh = times[rows["depth"] == _READING]
    return Found(
        {
            int(series_id): Pieces(
                times[at:end], rows["count"][at:end], *(column[at:end] for column in columns)
            )
            for series_id, at, end in zip(ids, begins.tolist(), ends, strict=True)
        },
        len(times),
        int(fresh.min()) if len(fresh) else None,
    )


def _arrays(data: bytes) -> dict[str, NDArray[Any]]:
    """The columns of the only row; without a piece each is NULL."""
    found = {}
    at = len(SIGNATURE) + 2
    for name, kind in _ARRAYS.items():
        size = int.from_bytes(data[at : at + _SIZE], "big", signed=True)
        at += _SIZE
        element = np.dtype([("size", ">i4"), ("value", kind)])
        length = max(size - _HEAD, 0) // element.itemsize
        values = np.frombuffer(data, element, length, at + _HEAD if length else 0)["value"]
        found[name] = values.astype(values.dtype.newbyteorder("="))
        at += max(size, 0)
    return found


def summarised(series_ids: Sequence[int], start_us: int, stop_us: int) -> int:
    """About how many numbers these series have there, without reading them."""
    within: dict[str, Any] = {"start": from_us(start_us), "stop": from_us(stop_us)}
    with connection.cursor() as cursor:
        cursor.execute(_SQL["count_summarised"], {**within, "series": list(series_ids)})
        (count,) = cursor.fetchone()
    return int(count)
