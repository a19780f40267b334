"""Schedules by the clock on the wall of any zone, also on the days it is set."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.conditions import Schedule
from telemetry.moments import from_us, to_us
from tests.examples import examples

ZONES = sorted(available_timezones())
QUARTER = timedelta(minutes=15)  # clocks are set at whole quarters, and the hours tried are such
CLOCKS = st.integers(0, 95).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")
DAYS = st.lists(st.integers(1, 7), min_size=1, unique=True)
HOUR_US = 3_600_000_000


@lru_cache(1_000)
def set_days(zone: str, year: int) -> list[datetime]:
    """The days of a year in which the clock is set, or its first day."""
    at = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(366)]
    offsets = [each.astimezone(ZoneInfo(zone)).utcoffset() for each in at]
    found = [at[day] for day in range(365) if offsets[day] != offsets[day + 1]]
    return found or at[:1]


@st.composite
def instants(draw) -> tuple[str, datetime]:
    """A zone, and an instant, as a rule around one at which its clock is set."""
    zone, year = draw(st.sampled_from(ZONES)), draw(st.integers(2005, 2037))
    start = draw(st.sampled_from(set_days(zone, year)))
    return zone, start + draw(st.integers(-200, 300)) * QUARTER


def first_shown(zone: str, wall: datetime) -> datetime:
    """The first quarter of an hour at which a clock there shows this or more; by looking."""
    at = wall.replace(tzinfo=UTC) - timedelta(days=2)
    while at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) < wall:
        at += QUARTER
    return at


def is_open(document: dict, at: datetime) -> bool:
    begins, ends = (time.fromisoformat(document[field]) for field in ("from", "to"))
    today = at.astimezone(ZoneInfo(document["zone"])).date()
    for back in range(-1, 4):
        day = today - timedelta(days=back)
        if day.isoweekday() not in document["days"]:
            continue
        last = day + timedelta(days=1) if ends <= begins else day
        start = first_shown(document["zone"], datetime.combine(day, begins))
        if start <= at < first_shown(document["zone"], datetime.combine(last, ends)):
            return True
    return False


@settings(max_examples=examples(40), deadline=None)
@given(where=instants(), days=DAYS, begins=CLOCKS, ends=CLOCKS)
def test_it_is_open_from_when_the_clock_first_shows_its_beginning(
    where, days, begins, ends
) -> None:
    zone, at = where
    document = {"zone": zone, "days": days, "from": begins, "to": ends}
    assert Schedule.read(document).is_open(to_us(at)) == is_open(document, at)


@settings(max_examples=examples(100), deadline=None)
@given(where=instants(), begins=CLOCKS, ends=CLOCKS)
def test_of_day_and_night_exactly_one_is_open(where, begins, ends) -> None:
    zone, at = where
    day = Schedule.read({"zone": zone, "from": begins, "to": ends})
    night = Schedule.read({"zone": zone, "from": ends, "to": begins})
    if begins == ends:
        assert day.is_open(to_us(at))
        assert day.next_edge(to_us(at)) is None
        return
    assert day.is_open(to_us(at)) != night.is_open(to_us(at))
    assert day.next_edge(to_us(at)) == night.next_edge(to_us(at))


@settings(max_examples=examples(100), deadline=None)
@given(where=instants(), days=DAYS, begins=CLOCKS, ends=CLOCKS)
def test_nothing_changes_before_the_next_edge_and_something_does_there(
    where, days, begins, ends
) -> None:
    zone, at = where
    schedule = Schedule.read({"zone": zone, "days": days, "from": begins, "to": ends})
    now = to_us(at)
    edge = schedule.next_edge(now)
    if edge is None:
        assert len(days) == 7
        assert begins == ends
        return
    assert now < edge <= now + 9 * 24 * HOUR_US
    opens = schedule.is_open(now)
    for part in range(8):
        assert schedule.is_open(now + (edge - 1 - now) * part // 7) == opens
    assert schedule.is_open(edge) != opens
    assert (schedule.opens(now) == edge) == (not opens)
    assert from_us(edge).microsecond == 0


# What the two changes of a year do to a night shift and to hours within those that are skipped or
# come twice: (zone, from, to, day it begins, begins and ends in UTC).
@pytest.mark.parametrize(
    ("zone", "begins", "ends", "day", "start", "stop"),
    [
        ("Europe/Berlin", "22:00", "06:00", date(2026, 3, 28), "28 21:00", "29 04:00"),
        ("Europe/Berlin", "22:00", "06:00", date(2026, 10, 24), "24 20:00", "25 05:00"),
        ("Europe/Berlin", "02:30", "04:00", date(2026, 3, 29), "29 01:00", "29 02:00"),
        ("Europe/Berlin", "02:30", "04:00", date(2026, 10, 25), "25 00:30", "25 03:00"),
        ("Europe/Berlin", "22:00", "02:30", date(2026, 10, 24), "24 20:00", "25 00:30"),
        ("Australia/Lord_Howe", "01:45", "03:00", date(2026, 4, 5), "04 14:45", "04 16:30"),
        ("America/Havana", "00:00", "00:00", date(2026, 10, 31), "31 04:00", "01 04:00"),
        ("America/Havana", "00:00", "00:00", date(2026, 3, 8), "08 05:00", "09 04:00"),
        ("Pacific/Apia", "18:00", "06:00", date(2011, 12, 29), "30 04:00", "30 10:00"),
    ],
)
def test_days_on_which_clocks_are_set(zone, begins, ends, day, start, stop) -> None:
    document = {"zone": zone, "days": [day.isoweekday()], "from": begins, "to": ends}
    schedule = Schedule.read(document)
    before = to_us(datetime.combine(day, time(0), tzinfo=UTC)) - 30 * HOUR_US
    opens = schedule.opens(before)
    assert opens is not None
    closes = schedule.next_edge(opens)
    assert closes is not None
    assert f"{from_us(opens):%d %H:%M}" == start
    assert f"{from_us(closes):%d %H:%M}" == stop
