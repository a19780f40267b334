"""Unix microseconds as text, many at once.

Digits come from tables of all there can be. Neither numpy's nor pyarrow's own text of a time is
ISO 8601 with an offset, and pyarrow's reads zones from files that a small image does not have.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Times = NDArray[np.int64]

SECOND = 1_000_000  # microseconds, as all here
MINUTE = 60 * SECOND
QUARTER = 15 * MINUTE  # zones change their offset at whole quarters of an hour
DAY = 86_400 * SECOND

_ISO = np.dtype([("day", "S10"), ("t", "S1"), ("clock", "S9"), ("ms", "S3"), ("us", "S3")])


def iso(times: Times, zone: ZoneInfo | None) -> pa.Array:
    """`2026-11-01T06:00:00.000000Z`, or with the zone's offset: always as many digits, for a reader
    that learns the form from the first row reads every other by it."""
    minutes = None if zone is None else offsets(times, zone)
    local = times if minutes is None else times + minutes * MINUTE
    day, within = np.divmod(local, DAY)
    second, fraction = np.divmod(within, SECOND)
    ms, us = np.divmod(fraction, 1_000)
    rows = np.empty(len(times), _with_zone("S1" if minutes is None else "S6"))
    first, last = (int(day.min()), int(day.max())) if len(day) else (0, 0)
    days = np.arange(first, last + 1).astype("M8[D]").astype("S10")
    rows["day"] = days[day - first]
    rows["t"] = b"T"
    rows["clock"] = _clock()[second]
    rows["ms"] = _thousand()[ms]
    rows["us"] = _thousand()[us]
    rows["zone"] = b"Z" if minutes is None else _zones()[minutes + _FARTHEST]
    width = rows.dtype.itemsize
    ends = np.arange(0, (len(rows) + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(len(rows), pa.py_buffer(ends), pa.py_buffer(rows))


def milliseconds(times: Times) -> pa.Array:
    """Unix milliseconds, with what is below one behind the point."""
    ms, us = np.divmod(times, 1_000)
    text = pc.cast(pa.array(ms), pa.string())
    if not us.any():
        return text
    return pc.binary_join_element_wise(text, _fractions().take(pa.array(us)), "")


def offsets(times: Times, zone: ZoneInfo) -> NDArray[np.int64]:
    """Minutes that the zone is ahead of UTC at each time."""
    if not len(times):
        return np.empty(0, np.int64)
    day = times // DAY
    first = int(day.min())
    edges = np.array([_offset(zone, each * DAY) for each in range(first, int(day.max()) + 2)])
    day -= first
    found = edges[day]
    changing = found != edges[day + 1]
    if changing.any():
        quarters, place = np.unique(times[changing] // QUARTER, return_inverse=True)
        exact = np.array([_offset(zone, each * QUARTER) for each in quarters.tolist()])
        found[changing] = exact[place]
    return found


@lru_cache(maxsize=100_000)
def _offset(zone: ZoneInfo, us: int) -> int:
    ahead = datetime.fromtimestamp(us // SECOND, zone).utcoffset() or timedelta()
    return int(ahead / timedelta(minutes=1))


_FARTHEST = 24 * 60  # minutes no zone reaches


def _with_zone(kind: str) -> np.dtype[np.void]:
    return np.dtype([*((name, _ISO[name]) for name in _ISO.names or ()), ("zone", kind)])


@cache
def _clock() -> NDArray[np.bytes_]:
    seconds = range(86_400)
    return np.array([f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}." for s in seconds], "S9")


@cache
def _thousand() -> NDArray[np.bytes_]:
    return np.array([f"{each:03}" for each in range(1_000)], "S3")


@cache
def _zones() -> NDArray[np.bytes_]:
    minutes = range(-_FARTHEST, _FARTHEST + 1)
    signed = (("-" if each < 0 else "+", abs(each)) for each in minutes)
    return np.array([f"{sign}{each // 60:02}:{each % 60:02}" for sign, each in signed], "S6")


@cache
def _fractions() -> pa.Array:
    return pa.array([f".{each:03}".rstrip("0").rstrip(".") for each in range(1_000)])
