"""The summaries of some series, with the readings that are in none yet, as columns: what calendar
buckets are made of. One statement, so that nothing is counted twice or left out while the rollups
run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from django.db import connection

from telemetry.history.aggregates import Ints, Pieces
from telemetry.history.buckets import DAY, HOUR, MINUTE
from telemetry.history.read_limit import limited
from telemetry.moments import from_us
from telemetry.sql import load
from telemetry.storage.copy_binary import POSTGRES_EPOCH_US, SIGNATURE, TRAILER

LEVELS = {"1d": DAY * 1000, "1h": HOUR * 1000, "1m": MINUTE * 1000}  # µs, the coarsest first
_READING = 2  # the depth of a piece that is a reading

_SQL = load("pieces")
_FLOATS = ("sum", "min", "max", "first", "last")
_ROW = np.dtype(
    [
        ("fields", ">i2"),
        *(("series_size", ">i4"), ("series_id", ">i4")),
        *(("time_size", ">i4"), ("time", ">i8")),
        *(("count_size", ">i4"), ("count", ">i8")),
        *(
            (f"{name}{end}", kind)
            for name in _FLOATS
            for end, kind in (("_size", ">i4"), ("", ">f8"))
        ),
        *(("depth_size", ">i4"), ("depth", ">i4")),
    ]
)


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
    statement = f"COPY ({_SQL[f'pieces_{level}']}) TO STDOUT (FORMAT BINARY)"
    within = {"series": list(series_ids), "start": from_us(start_us), "stop": from_us(stop_us)}
    # The driver's own cursor: with DEBUG Django's takes no parameters to COPY.
    with limited(), connection.cursor() as cursor, cursor.cursor.copy(statement, within) as copy:
        data = b"".join(copy)
    rows = np.frombuffer(data[len(SIGNATURE) : -len(TRAILER)], dtype=_ROW)
    times = rows["time"].astype(np.int64) + POSTGRES_EPOCH_US
    counts = rows["count"].astype(np.int64)
    columns = [rows[name].astype(np.float64) for name in _FLOATS]
    ids, begins = np.unique(rows["series_id"], return_index=True)
    ends = np.append(begins, len(rows))[1:].tolist()
    fresh = times[rows["depth"] == _READING]
    return Found(
        {
            int(series_id): Pieces(
                times[at:end], counts[at:end], *(column[at:end] for column in columns)
            )
            for series_id, at, end in zip(ids, begins.tolist(), ends, strict=True)
        },
        len(rows),
        int(fresh.min()) if len(fresh) else None,
    )


def summarised(series_ids: Sequence[int], start_us: int, stop_us: int) -> int:
    """About how many numbers these series have there, without reading them."""
    within: dict[str, Any] = {"start": from_us(start_us), "stop": from_us(stop_us)}
    with connection.cursor() as cursor:
        cursor.execute(_SQL["count_summarised"], {**within, "series": list(series_ids)})
        (count,) = cursor.fetchone()
    return int(count)
