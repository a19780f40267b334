"""The time a device gives a reading, and whether it can be true. Pure."""

from __future__ import annotations

import math
from typing import Any

from bridge.decode.items import Problem, Reason
from telemetry.moments import from_us, is_number, parse

EARLIEST_US = 946_684_800_000_000  # 2000-01-01; a device clock before it was never set
LATEST_AHEAD_US = 86_400_000_000  # a day: a device clock further ahead than this is wrong

UNITS_NS = (("seconds", 1_000_000_000), ("microseconds", 1_000), ("nanoseconds", 1))
MAX_TOLD = 40  # characters of a stamp that are told


def read(stamp: Any, received_us: int, where: str) -> int | Problem:
    """Unix microseconds of a `ts`: milliseconds as a number or in digits, or ISO 8601."""
    time_us = _microseconds(stamp)
    if time_us is None:
        detail = f"{where} is neither Unix milliseconds nor ISO 8601"
        return Problem(Reason.BAD_TIMESTAMP, detail)
    if EARLIEST_US <= time_us <= received_us + LATEST_AHEAD_US:
        return time_us
    what = f"{where} {ascii(stamp)[:MAX_TOLD]} is {_date(time_us)}"
    advice = _advice(stamp, time_us, received_us)
    if time_us < EARLIEST_US:
        return Problem(Reason.IMPLAUSIBLE_TIMESTAMP, f"{what}, before 2000{advice}")
    return Problem(Reason.IMPLAUSIBLE_TIMESTAMP, f"{what}, more than a day ahead{advice}")


def read_or_0(stamp: Any, received_us: int) -> int:
    """The same for who says nothing of a time that cannot be true: 0, that of the receipt."""
    time_us = _microseconds(stamp) or 0
    return time_us if EARLIEST_US <= time_us <= received_us + LATEST_AHEAD_US else 0


def _microseconds(stamp: Any) -> int | None:
    kind = type(stamp)
    if kind is int:
        return int(stamp) * 1_000
    if kind is float and math.isfinite(stamp):
        return round(stamp * 1_000) if abs(stamp) < 1e300 else int(stamp)
    if kind is str:
        try:
            return parse(stamp)
        except ValueError:
            return None
    return None


def _date(time_us: int) -> str:
    try:
        return f"{from_us(time_us):%Y-%m-%d %H:%M:%S} UTC"
    except OverflowError:
        return "beyond any calendar"


def _advice(stamp: Any, time_us: int, received_us: int) -> str:
    """What to mend: the unit, where another one makes it a time that can be true."""
    if type(stamp) is str and not is_number(stamp):
        return ": is the clock set?"
    for unit, unit_ns in UNITS_NS:
        meant_us = time_us * unit_ns // 1_000_000  # `time_us` was read as if counting milliseconds
        if EARLIEST_US <= meant_us <= received_us + LATEST_AHEAD_US:
            return f": it is probably Unix {unit}; send milliseconds, {meant_us // 1_000}"
    return ": is the clock set?"
