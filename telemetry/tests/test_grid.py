"""Buckets on the calendar of a zone, against what a clock there shows."""

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.history import grid
from telemetry.moments import from_us, to_us

BERLIN, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")
HOUR_US = 3_600_000_000
ZONES = ["UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana"]


def us(text: str) -> int:
    return to_us(datetime.fromisoformat(text))


def shown(interval: str, start: str, stop: str, zone: ZoneInfo) -> list[str]:
    found = grid.edges(grid.parse(interval), us(start), us(stop), zone)
    return [f"{from_us(edge).astimezone(zone):%Y-%m-%dT%H:%M%z}" for edge in found.tolist()]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_on_which_the_clock_is_changed_is_one_day(day: str, hours: int) -> None:
    noon = datetime.fromisoformat(f"{day}T12:00+00:00")
    begin, end = grid.edges(grid.parse("1d"), to_us(noon), to_us(noon) + 1, BERLIN).tolist()
    assert end - begin == hours * HOUR_US
    each = grid.edges(grid.parse("1h"), begin, end, BERLIN)
    assert [b - a for a, b in pairwise(each.tolist())] == [HOUR_US] * hours
    six = grid.edges(grid.parse("6h"), begin, end, BERLIN).tolist()
    assert [from_us(edge).astimezone(BERLIN).hour for edge in six] == [0, 6, 12, 18, 0]


def test_weeks_begin_on_monday_and_months_and_years_on_their_first() -> None:
    assert shown("1w", "2026-03-25T12:00+00:00", "2026-04-01T00:00+00:00", BERLIN) == [
        "2026-03-23T00:00+0100", "2026-03-30T00:00+0200", "2026-04-06T00:00+0200",
    ]  # fmt: skip
    assert shown("1mo", "2026-02-28T23:30+00:00", "2026-03-31T22:00+00:00", BERLIN) == [
        "2026-03-01T00:00+0100", "2026-04-01T00:00+0200",
    ]  # fmt: skip
    assert shown("3mo", "2026-06-01T00:00+00:00", "2026-07-02T00:00+00:00", BERLIN) == [
        "2026-04-01T00:00+0200", "2026-07-01T00:00+0200", "2026-10-01T00:00+0200",
    ]  # fmt: skip
    assert shown("1y", "2026-06-01T00:00+00:00", "2026-07-01T00:00+00:00", KOLKATA) == [
        "2026-01-01T00:00+0530", "2027-01-01T00:00+0530",
    ]  # fmt: skip


def test_a_day_that_a_zone_left_out_is_no_bucket() -> None:
    apia = ZoneInfo("Pacific/Apia")  # went from 29 to 31 December 2011
    assert shown("1d", "2011-12-29T12:00+00:00", "2011-12-31T12:00+00:00", apia) == [
        "2011-12-29T00:00-1000", "2011-12-31T00:00+1400", "2012-01-01T00:00+1400",
        "2012-01-02T00:00+1400",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5", "Write raw, or a number and"),
        ("7m", "1m, 2m, 3m, 4m, 5m, 6m, 10m, 12m, 15m, 20m, 30m, 60m"),
        ("0h", "1h, 2h, 3h, 4h, 6h, 8h, 12h, 24h"),
        ("0d", "Write 1d to 366d."),
        ("٣d", "Write raw"),
    ],
)
def test_an_interval_that_fits_no_calendar_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="Write") as refused:
        grid.parse(text)
    assert message in str(refused.value)


def test_a_window_of_too_many_buckets_is_refused_before_they_are_made() -> None:
    with pytest.raises(grid.TooManyBuckets):
        grid.edges(grid.parse("1s"), 0, 10 * 366 * 24 * HOUR_US, BERLIN)
    with pytest.raises(OverflowError):
        grid.edges(grid.parse("10y"), us("9998-06-01T00:00+00:00"), us("9998-06-02T00:00+00:00"),
                   BERLIN)  # fmt: skip


@given(
    st.integers(us("2000-01-01T00:00+00:00"), us("2030-01-01T00:00+00:00")),
    st.integers(1, 90 * 24 * 60),
    st.sampled_from(["1m", "20m", "1h", "3h", "12h", "24h", "1d", "10d", "1w", "1mo", "2mo", "1y"]),
    st.sampled_from(ZONES),
)
def test_edges_are_on_the_clock_and_just_cover_the_window(
    start: int, minutes: int, interval: str, name: str
) -> None:
    zone, stop = ZoneInfo(name), start + min(minutes, 2000) * 60_000_000
    asked = grid.parse(interval)
    found = grid.edges(asked, start, stop, zone).tolist()
    assert found[0] <= start < found[1]
    assert found[-2] < stop <= found[-1]
    for begin, end in pairwise(found):
        local = from_us(begin).astimezone(zone)
        assert local.second == local.microsecond == 0
        if asked.unit in ("d", "w", "mo", "y"):
            before = from_us(begin - 1).astimezone(zone)
            assert before.date() < local.date()  # midnight, or what stands for it
        if asked.unit == "w":
            assert (local.weekday(), (end - begin) // HOUR_US in (167, 168, 169)) == (0, True)
        if asked.unit in ("mo", "y"):
            assert local.day == 1
