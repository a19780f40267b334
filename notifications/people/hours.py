"""Times of a week by the wall's clock: quiet hours, and when a digest is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from notifications.errors import NotificationsError
from telemetry.wall_clock import instant_of, shown_at

MAX_WINDOWS = 14  # quiet hours of one recipient
MAX_DIGESTS = 12  # times a day
_WEEK = 7 * 24 * 60  # minutes
_LOOK = 9  # days: a week, and a window into it that began the day before
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


class InvalidHours(NotificationsError):
    """What is wrong with them, in words."""


@dataclass(frozen=True, slots=True)
class Window:
    """From a time of these days on (1: Monday) to another, of the next day if that is not later."""

    days: frozenset[int]
    begin: time
    end: time

    @property
    def minutes(self) -> int:
        """How long it lasts, on a day on which no clock is set."""
        return (_minute(self.end) - _minute(self.begin) - 1) % (24 * 60) + 1


def read_time(text: Any) -> time:
    """ "07:30". Raises `InvalidHours`."""
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise InvalidHours("Write a time as 07:30.")
    return time(int(found[1]), int(found[2]))


def read_windows(document: Any) -> tuple[Window, ...]:
    """Of `[{"days": [1 … 7], "from": "22:00", "to": "07:00"}]`. Raises `InvalidHours`, also when
    they leave no minute of a week: who is never to be told has no channel."""
    if not isinstance(document, list) or len(document) > MAX_WINDOWS:
        raise InvalidHours(f"Write a list of at most {MAX_WINDOWS} windows.")
    windows = tuple(_window(each) for each in document)
    covered = {
        (begin + minute) % _WEEK
        for window in windows
        for begin in ((day - 1) * 24 * 60 + _minute(window.begin) for day in window.days)
        for minute in range(window.minutes)
    }
    if len(covered) == _WEEK:
        raise InvalidHours("These hours leave no time at all. Switch the channels off instead.")
    return windows


def read_times(document: Any) -> tuple[time, ...]:
    """Of `["08:00", "17:00"]`. Raises `InvalidHours`."""
    if not isinstance(document, list) or len(document) > MAX_DIGESTS:
        raise InvalidHours(f"Write a list of at most {MAX_DIGESTS} times.")
    return tuple(sorted({read_time(each) for each in document}))


def quiet_until(windows: Sequence[Window], zone: ZoneInfo, at: datetime) -> datetime | None:
    """When the quiet hours end that hold then, with those that follow at once; None: none hold."""
    until = at
    for begin, end in sorted(_intervals(windows, zone, at)):
        if begin <= until < end:
            until = end
    return until if until > at else None


def next_of(times: Sequence[time], zone: ZoneInfo, at: datetime) -> datetime | None:
    """The first of these times after that moment; None: there are none."""
    today = shown_at(at, zone).date()
    instants = (
        instant_of(datetime.combine(today + timedelta(days=day), each), zone)
        for day in range(3)
        for each in times
    )
    return min((instant for instant in instants if instant > at), default=None)


def _window(document: Any) -> Window:
    if not isinstance(document, dict) or not document.keys() <= {"days", "from", "to"}:
        raise InvalidHours('Write a window as {"days": [1, 2], "from": "22:00", "to": "07:00"}.')
    days = document.get("days")
    if not isinstance(days, list) or not days or not all(_is_day(day) for day in days):
        raise InvalidHours("Name at least one day, 1 (Monday) to 7 (Sunday).")
    return Window(frozenset(days), read_time(document.get("from")), read_time(document.get("to")))


def _is_day(day: Any) -> bool:
    return isinstance(day, int) and not isinstance(day, bool) and 1 <= day <= 7


def _intervals(
    windows: Sequence[Window], zone: ZoneInfo, at: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """As instants, from the day before on for as long as they may follow each other."""
    today = shown_at(at, zone).date()
    for number in range(-1, _LOOK):
        day = today + timedelta(days=number)
        for window in windows:
            if day.isoweekday() in window.days:
                last = day if window.end > window.begin else day + timedelta(days=1)
                yield (
                    instant_of(datetime.combine(day, window.begin), zone),
                    instant_of(datetime.combine(last, window.end), zone),
                )


def _minute(of_day: time) -> int:
    return of_day.hour * 60 + of_day.minute
