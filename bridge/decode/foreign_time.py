"""The time in a message whose dialect does not say how it counts. Pure.

A stamp that cannot be true, and a local time without its zone, lose to the time of receipt.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from bridge.decode.device_time import LATEST_AHEAD_US
from telemetry.moments import is_number, to_us

# 2010-01-01. Clocks that were never set count from 1970, 2000 or 2004.
CLOCK_SET_US = 1_262_304_000_000_000
MAX_ISO = 40  # characters
MAX_COUNT = 10**20  # nanoseconds until the year 5138
# How many microseconds a count means, by its size: seconds, milliseconds, microseconds; then
# nanoseconds.
MAGNITUDES = ((10**11, Decimal(1_000_000)), (10**14, Decimal(1_000)), (10**17, Decimal(1)))
NANOSECOND = Decimal("0.001")  # in microseconds
_ZONED = re.compile(r"\d{4}-?\d\d-?\d\d[T ]\d\d.*(?:[Zz]| ?UTC|[+-]\d\d(?::?\d\d)?)", re.ASCII)
_FRACTION = re.compile(r"(\.\d{6})\d+", re.ASCII)  # beyond microseconds


def read(stamp: Any, received_us: int) -> int:
    """Unix microseconds of a count since 1970 in whatever unit, or of ISO 8601 with its zone; 0 if
    it is neither, or cannot be true."""
    time_us = _microseconds(stamp)
    return time_us if CLOCK_SET_US <= time_us <= received_us + LATEST_AHEAD_US else 0


def unit_us(count: Decimal) -> Decimal:
    """How many microseconds a count of one means, which its size tells: of any time between 1973
    and 5138 only one unit is meant."""
    for limit, each_us in MAGNITUDES:
        if abs(count) < limit:
            return each_us
    return NANOSECOND


def counted_us(count: Decimal) -> int:
    """Unix microseconds of a count whose size tells its unit."""
    return int(count * unit_us(count))


def _whole_us(count: int) -> int:
    """`counted_us` of a count from 0, in a tenth of the time."""
    if count < 10**14:
        return count * 1_000_000 if count < 10**11 else count * 1_000
    return count if count < 10**17 else count // 1_000


def _microseconds(stamp: Any) -> int:
    kind = type(stamp)
    if kind is float and 0 <= stamp < MAX_COUNT and stamp.is_integer():
        return _whole_us(int(stamp))
    if kind is int and 0 <= stamp < MAX_COUNT:
        return _whole_us(stamp)
    if kind is str:
        return _written(stamp) if len(stamp) <= MAX_ISO else 0
    if kind in (int, float) and abs(stamp) < MAX_COUNT:  # which NaN is not
        return counted_us(Decimal(stamp) if kind is int else Decimal(repr(stamp)))
    return 0


def _written(stamp: str) -> int:
    if stamp.isdecimal() and stamp.isascii() and (stamp[0] != "0" or len(stamp) == 1):
        return _whole_us(int(stamp))
    if is_number(stamp):
        return counted_us(Decimal(stamp))
    if not _ZONED.fullmatch(stamp):
        return 0
    text = _FRACTION.sub(r"\1", stamp).replace(" UTC", "Z").replace("UTC", "Z")
    try:
        return to_us(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return 0
