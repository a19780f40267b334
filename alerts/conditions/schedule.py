"""The hours in which a rule is judged, or a silence holds, by the clock of one zone. Pure.

A period begins when the clock on the wall there first shows its `from` on one of its days, or
passes it, and ends when it first shows or passes its `to`. So what is from 8 to 18 and what is from
18 to 8 are never both open and never both closed, also on the days clocks change: a period is an
hour shorter or longer then.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from alerts.conditions.form import Form
from alerts.conditions.problems import InvalidCondition
from telemetry.moments import from_us, to_us
from telemetry.wall_clock import instant_of

FIELDS = ("zone", "days", "from", "to")
DAYS = range(1, 8)  # Monday is 1
LOOKED_BACK = 3  # days before a day whose periods may still be open on it, where a date is skipped
LOOKED_AHEAD = 10  # days; within these every schedule opens or closes, unless it is always open
KEPT = 4_096  # days of schedules whose periods are remembered

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_ZONES = available_timezones()


@dataclass(frozen=True, slots=True)
class Schedule:
    """Open in `[starts, stops)` of each period that begins on one of `days`."""

    zone: ZoneInfo
    days: frozenset[int]
    starts: time
    stops: time

    @classmethod
    def read(cls, document: Any) -> Schedule:
        """Raises `InvalidCondition`; the fields are named `schedule.zone` and so on."""
        form = Form(document, FIELDS, "")
        zone = form.made("zone", lambda: zone_of(form.given.get("zone", "UTC")))
        days = form.made("days", lambda: _days(form.given.get("days", list(DAYS))))
        starts = form.made("from", lambda: _clock(form.given.get("from", "00:00")))
        stops = form.made("to", lambda: _clock(form.given.get("to", "00:00")))
        if form.errors or zone is None or days is None or starts is None or stops is None:
            errors = {f"schedule.{field}".rstrip("."): said for field, said in form.errors.items()}
            raise InvalidCondition(errors)
        return cls(zone, days, starts, stops)

    def is_open(self, at_us: int) -> bool:
        return any(start <= at_us < stop for start, stop in self._around(at_us))

    def next_edge(self, at_us: int) -> int | None:
        """When it opens or closes next, after this instant; None: it is always open."""
        if len(self.days) == len(DAYS) and self.starts == self.stops:
            return None
        edges = (edge for period in self._around(at_us) for edge in period)
        return min((edge for edge in edges if edge > at_us), default=None)

    def opens(self, at_us: int) -> int | None:
        """When it opens the next time after this instant."""
        starts = (start for start, _ in self._around(at_us))
        return min((start for start in starts if start > at_us), default=None)

    def _around(self, at_us: int) -> tuple[tuple[int, int], ...]:
        return _periods(self, from_us(at_us).astimezone(self.zone).toordinal())


@lru_cache(KEPT)
def _periods(schedule: Schedule, ordinal: int) -> tuple[tuple[int, int], ...]:
    """The periods `[start, stop)` around a local day, which do not touch each other."""
    found: list[tuple[int, int]] = []
    days = range(max(1, ordinal - LOOKED_BACK), min(date.max.toordinal(), ordinal + LOOKED_AHEAD))
    for day in map(date.fromordinal, days):
        if day.isoweekday() not in schedule.days:
            continue
        is_long = schedule.stops <= schedule.starts  # over midnight
        start = first_us(schedule.zone, datetime.combine(day, schedule.starts))
        last = day + timedelta(days=1) if is_long else day
        stop = first_us(schedule.zone, datetime.combine(last, schedule.stops))
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], stop)
        elif start < stop:
            found.append((start, stop))
    return tuple(found)


def first_us(zone: ZoneInfo, wall: datetime) -> int:
    """When the clock on the wall first shows this, or has passed it where it is set forward."""
    return to_us(instant_of(wall, zone))


def zone_of(name: Any) -> ZoneInfo:
    """Raises `ValueError`."""
    if not isinstance(name, str) or name not in _ZONES:
        raise ValueError("Write a time zone as Europe/Berlin or UTC.")
    return ZoneInfo(name)


def _days(given: Any) -> frozenset[int]:
    if not isinstance(given, list) or not given:
        raise ValueError("Write the days as numbers from 1 (Monday) to 7.")
    if any(isinstance(day, bool) or day not in DAYS for day in given):
        raise ValueError("Write the days as numbers from 1 (Monday) to 7.")
    return frozenset(int(day) for day in given)


def _clock(given: Any) -> time:
    found = _CLOCK.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        raise ValueError("Write a time of day as 18:30.")
    return time(int(found[1]), int(found[2]))
