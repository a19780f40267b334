"""A moment as a request writes it: Unix milliseconds, ISO 8601, a day, or relative to now."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from telemetry.moments import is_number, parse, to_us
from telemetry.wall_clock import instant_of, shown_at

UTC_ZONE = ZoneInfo("UTC")
_RELATIVE = re.compile(r"(?:now)?(?:([+-])(\d{1,5})(s|m|h|d|w|mo|y))?\Z", re.ASCII)
_EXACT = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}
_DAYS = {"d": 1, "w": 7}


def asked_us(text: str, zone: ZoneInfo, now: datetime) -> int:
    """Unix microseconds. Without an offset a time is one of the zone, and a day is its midnight
    there. Days, weeks, months and years back are those of the clock there: `-1d` is the same time
    of day. Raises `ValueError`, and `OverflowError` beyond the calendar."""
    relative = _RELATIVE.match(text)
    if relative is not None:
        sign, number, unit = relative.groups()
        return to_us(now if unit is None else _moved(now, int(f"{sign}{number}"), unit, zone))
    if not is_number(text):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            return to_us(instant_of(moment, zone))
    return parse(text)


def _moved(now: datetime, number: int, unit: str, zone: ZoneInfo) -> datetime:
    if unit in _EXACT:
        return now + number * _EXACT[unit]
    shown = shown_at(now, zone)
    if unit in _DAYS:
        return instant_of(shown + timedelta(days=number * _DAYS[unit]), zone)
    months = shown.year * 12 + shown.month - 1 + number * (12 if unit == "y" else 1)
    year, month = divmod(months, 12)
    first = shown.replace(year=year, month=month + 1, day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    last_day = (following - timedelta(days=1)).day
    return instant_of(first.replace(day=min(shown.day, last_day)), zone)
