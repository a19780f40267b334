"""Quiet hours and digests, minute by minute, over the days on which clocks are set."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.people.hours import (
    InvalidHours,
    Window,
    next_of,
    quiet_until,
    read_times,
    read_windows,
)
from telemetry.wall_clock import shown_at

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = read_windows([{"days": [1, 2, 3, 4, 5, 6, 7], "from": "22:00", "to": "07:00"}])
TIMES = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
WINDOWS = st.lists(
    st.builds(Window, st.frozensets(st.integers(1, 7), min_size=1), TIMES, TIMES),
    min_size=1, max_size=3,
)  # fmt: skip
MOMENTS = st.datetimes(datetime(2026, 1, 10), datetime(2026, 12, 1), timezones=st.just(UTC))


def holds(windows: list[Window], zone: ZoneInfo, at: datetime) -> bool:
    """Slowly, on a day without a change of clocks: what the wall shows, and on which day."""
    shown = shown_at(at, zone)
    for window in windows:
        for begun in (shown.date(), shown.date() - timedelta(days=1)):
            begin = datetime.combine(begun, window.begin)
            days = 0 if window.end > window.begin else 1
            end = datetime.combine(begun + timedelta(days=days), window.end)
            if begun.isoweekday() in window.days and begin <= shown < end:
                return True
    return False


@given(WINDOWS, MOMENTS)
def test_quiet_hours_hold_as_the_wall_says_and_end_when_they_do_not(
    windows: list[Window], at: datetime
):
    zone = ZoneInfo("Asia/Kolkata")  # sets no clock
    until = quiet_until(windows, zone, at)
    assert (until is not None) == holds(windows, zone, at)
    if until is not None and until < at + timedelta(days=7):
        assert not holds(windows, zone, until)
        assert holds(windows, zone, until - timedelta(microseconds=1))


@given(WINDOWS, MOMENTS)
def test_when_they_end_they_are_over_whatever_the_clocks_do(windows: list[Window], at: datetime):
    until = quiet_until(windows, BERLIN, at)
    if until is not None and until < at + timedelta(days=7):
        assert quiet_until(windows, BERLIN, until) is None


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ((2026, 7, 1, 19, 59), None),
        ((2026, 7, 1, 20, 0), (2026, 7, 2, 5, 0)),
        ((2026, 7, 2, 4, 59), (2026, 7, 2, 5, 0)),
        ((2026, 7, 2, 5, 0), None),
        # The night in which clocks go forward ends an hour sooner, the other an hour later.
        ((2026, 3, 28, 22, 0), (2026, 3, 29, 5, 0)),
        ((2026, 10, 24, 22, 0), (2026, 10, 25, 6, 0)),
    ],
)
def test_the_night_of_berlin(at: tuple[int, ...], until: tuple[int, ...] | None):
    expected = None if until is None else datetime(*until, tzinfo=UTC)
    assert quiet_until(NIGHT, BERLIN, datetime(*at, tzinfo=UTC)) == expected


def test_windows_that_follow_each_other_end_together():
    weekend = read_windows(
        [
            {"days": [5], "from": "18:00", "to": "00:00"},
            {"days": [6, 7], "from": "00:00", "to": "00:00"},
            {"days": [1], "from": "00:00", "to": "06:00"},
        ]
    )
    friday = datetime(2026, 7, 3, 18, tzinfo=UTC)
    assert quiet_until(weekend, ZoneInfo("UTC"), friday) == datetime(2026, 7, 6, 6, tzinfo=UTC)


@given(st.lists(TIMES, min_size=1, max_size=4), MOMENTS)
def test_the_next_digest_is_soon_and_at_one_of_its_times(times: list[time], at: datetime):
    zone = ZoneInfo("Asia/Kolkata")
    found = next_of(times, zone, at)
    assert found is not None
    assert at < found <= at + timedelta(days=1)
    assert shown_at(found, zone).time() in times
    assert all(
        next_of(times, zone, before) == found
        for before in (at, found - timedelta(minutes=1))
        if before >= at
    )


def test_a_digest_in_the_hour_that_is_left_out_is_sent_after_it():
    at = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert next_of([time(2, 30)], BERLIN, at) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert next_of([], BERLIN, at) is None


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("night", "list"),
        ([3], "window as"),
        ([{"days": [], "from": "22:00", "to": "07:00"}], "at least one day"),
        ([{"days": [0], "from": "22:00", "to": "07:00"}], "1 (Monday)"),
        ([{"days": [True], "from": "22:00", "to": "07:00"}], "1 (Monday)"),
        ([{"days": [1], "from": "24:00", "to": "07:00"}], "07:30"),
        ([{"days": [1], "from": "22:00"}], "07:30"),
        ([{"days": [1], "from": "22:00", "to": "٠٧:٠٠"}], "07:30"),
        ([{"days": [1], "from": "22:00", "to": "07:00", "x": 1}], "window as"),
        ([{"days": [1, 2, 3, 4, 5, 6, 7], "from": "05:00", "to": "05:00"}], "no time at all"),
        ([{"days": [1], "from": "22:00", "to": "07:00"}] * 15, "at most 14"),
    ],
)
def test_what_is_wrong_with_quiet_hours_is_said(document: Any, said: str):
    with pytest.raises(InvalidHours) as refused:
        read_windows(document)
    assert said in str(refused.value)


def test_times_of_a_digest_are_sorted_and_each_once():
    assert read_times(["17:00", "08:00", "17:00"]) == (time(8), time(17))
    with pytest.raises(InvalidHours):
        read_times(["8:00"])
