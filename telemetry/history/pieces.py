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
from telemetry.storage.copy_binary import POSTGRES_EPOCH_US

LEVELS = {"1d": DAY * 1000, "1h": HOUR * 1000, "1m": MINUTE * 1000}  # µs, the coarsest first
_READING = 2  # the depth of a piece that is a reading

_SQL = load("pieces")
# All in one row, each column as one value in network order: row by row, the client alone takes four
# microseconds each.
_COLUMNS = {
    "series_id": ("int4send", ">i4"),
    "time": ("timestamptz_send", ">i8"),
    "count": ("int8send", ">i8"),
    **dict.fromkeys(("sum", "min", "max", "first", "last"), ("float8send", ">f8")),
    "depth": ("int4send", ">i4"),
}
_AGGREGATED = ", ".join(
    f"string_agg({send}({name}), ''::bytea ORDER BY series_id, time)"
    for name, (send, _) in _COLUMNS.items()
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
    selected = f"SELECT {_AGGREGATED} FROM ({_SQL[f'pieces_{level}']}) AS piece"  # noqa: S608 (ours)
    statement = f"COPY ({selected}) TO STDOUT (FORMAT BINARY)"
    within = {"series": list(series_ids), "start": from_us(start_us), "stop": from_us(stop_us)}
    # The driver's own cursor: with DEBUG Django's takes no parameters to COPY.
    with limited(), connection.cursor() as cursor, cursor.cursor.copy(statement, within) as copy:
        copy.set_types(["bytea"] * len(_COLUMNS))
        (sent,) = copy.rows()
    rows = _columns(sent)
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


def _columns(sent: Sequence[bytes | None]) -> dict[str, NDArray[Any]]:
    """Without a piece each is NULL."""
    found = {}
    for (name, (_, kind)), data in zip(_COLUMNS.items(), sent, strict=True):
        values = np.frombuffer(data or b"", kind)
        found[name] = values.astype(values.dtype.newbyteorder("="))
    return found


def summarised(series_ids: Sequence[int], start_us: int, stop_us: int) -> int:
    """About how many numbers these series have there, without reading them."""
    within: dict[str, Any] = {"start": from_us(start_us), "stop": from_us(stop_us)}
    with connection.cursor() as cursor:
        cursor.execute(_SQL["count_summarised"], {**within, "series": list(series_ids)})
        (count,) = cursor.fetchone()
    return int(count)
