"""The buckets of a resampled answer, on the calendar of a time zone.

A day is from midnight to midnight there, 23 or 25 hours long where the clock is changed; a week
begins on Monday. Steps of up to an hour are steps of real time from each midnight: an hour that the
clock shows twice is two. Steps of several hours go by the clock. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from telemetry.moments import from_us, to_us
from telemetry.wall_clock import instant_of

MAX_BUCKETS = 100_000  # of one answer: ten years of hours
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "mo": 2_419_200, "y": 31_536_000}
SAID = "raw, or a number and s, m, h, d, w, mo or y, as 5m, 1h, 1d, 1w, 1mo"

_WRITTEN = re.compile(r"(\d{1,4})(s|m|h|d|w|mo|y)\Z", re.ASCII)
_DIVIDED = {"s": 60, "m": 60, "h": 24, "mo": 12}  # what a number of these goes into evenly
_MOST = {"d": 366, "w": 52, "y": 10}
_HOUR = 3600


class Interval(NamedTuple):
    number: int
    unit: str  # of UNITS

    @property
    def shortest_us(self) -> int:
        return self.number * UNITS[self.unit] * 1_000_000


class TooManyBuckets(ValueError):
    """A window has more than `MAX_BUCKETS` of these."""


def parse(text: str) -> Interval:
    """`5m`, `1d`. Raises `ValueError` that says what to write."""
    found = _WRITTEN.match(text)
    if found is None:
        raise ValueError(f"Write {SAID}.")
    count, unit = int(found[1]), found[2]
    whole = _DIVIDED.get(unit)
    if whole is not None and (count == 0 or whole % count):
        fit = ", ".join(f"{n}{unit}" for n in range(1, whole + 1) if whole % n == 0)
        raise ValueError(f"Write one of {fit}, or a larger unit.")
    if whole is None and not 1 <= count <= _MOST[unit]:
        raise ValueError(f"Write 1{unit} to {_MOST[unit]}{unit}.")
    return Interval(count, unit)


def edges(interval: Interval, start_us: int, stop_us: int, zone: ZoneInfo) -> NDArray[np.int64]:
    """Where the buckets that overlap [start, stop) begin, and where the last one ends: Unix
    microseconds. The outer buckets are whole. Raises `TooManyBuckets`, and `OverflowError` beyond
    the years 1 to 9999."""
    if (stop_us - start_us) // interval.shortest_us > MAX_BUCKETS:
        raise TooManyBuckets
    found: list[int] = []
    for edge in _edges(interval, start_us, zone):
        if not found or edge > found[-1]:  # a day that a zone left out is none
            found.append(edge)
        if edge >= stop_us:
            break
    all_edges = np.array(found, np.int64)
    first = int(np.searchsorted(all_edges, start_us, side="right")) - 1
    return all_edges[first:]


def _edges(interval: Interval, start_us: int, zone: ZoneInfo) -> Iterator[int]:
    """From one at or before the start, without end."""
    count, unit = interval
    day = from_us(start_us).astimezone(zone).date()
    if unit in ("s", "m", "h"):
        while True:
            yield from _within_day(count * UNITS[unit], day, zone)
            day += timedelta(days=1)
    elif unit in ("d", "w"):
        days = count * (7 if unit == "w" else 1)
        monday = date(1970, 1, 5) if unit == "w" else date(1970, 1, 1)
        day = monday + (day - monday) // timedelta(days=days) * timedelta(days=days)
        while True:
            yield _instant(day, 0, zone)
            day += timedelta(days=days)
    else:
        months = count * (12 if unit == "y" else 1)
        index = ((day.year - 1970) * 12 + day.month - 1) // months * months
        while True:
            year, month = divmod(index, 12)
            if year + 1970 > 9999:
                raise OverflowError("beyond the calendar")
            yield _instant(date(1970 + year, month + 1, 1), 0, zone)
            index += months


def _within_day(seconds: int, day: date, zone: ZoneInfo) -> Iterator[int]:
    if seconds > _HOUR:
        for hour in range(0, 24, seconds // _HOUR):
            yield _instant(day, hour, zone)
        return
    begin, end = _instant(day, 0, zone), _instant(day + timedelta(days=1), 0, zone)
    yield from range(begin, end, seconds * 1_000_000)


def _instant(day: date, hour: int, zone: ZoneInfo) -> int:
    """When the clock there first shows it; the change itself, where the clock leaves it out."""
    return to_us(instant_of(datetime.combine(day, time(hour)), zone))
