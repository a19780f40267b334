"""Who is on call: by a slow model, over the days on which clocks are set, and with substitutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.people.duty import Duty, Rota, Substitute, duties, on_call
from notifications.people.zones import UnknownZone, zone_named
from telemetry.wall_clock import instant_of, shown_at

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(
    [BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")]
)
# Both changes of a year of each zone, and days without one.
MOMENTS = st.datetimes(datetime(2026, 2, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
WEEK = Rota((1, 2, 3), timedelta(days=7), datetime(2026, 10, 5, 9), BERLIN)  # a Monday


@st.composite
def rotas(draw: st.DrawFn) -> Rota:
    members = tuple(draw(st.lists(st.integers(1, 5), max_size=4)))
    shift = timedelta(hours=draw(st.sampled_from([1, 8, 12, 24, 36, 168])))
    begin = datetime(2026, 3, 1) + timedelta(minutes=draw(st.integers(0, 60 * 24 * 60)))
    substitutes = draw(
        st.lists(
            st.tuples(MOMENTS, st.integers(1, 10_000), st.none() | st.integers(6, 9)), max_size=3
        )
    )
    return Rota(
        members, shift, begin, draw(ZONES),
        tuple(Substitute(at, at + timedelta(minutes=each), who) for at, each, who in substitutes),
    )  # fmt: skip


def walked(rota: Rota, at: datetime) -> int | None:
    """Slowly: shift after shift from the first."""
    who = None
    if rota.members:
        number = 0
        while instant_of(rota.starts + number * rota.shift, rota.zone) <= at:
            who = rota.members[number % len(rota.members)]
            number += 1
    for each in rota.substitutes:
        if each.starts <= at < each.ends:
            who = each.member
    return who


@given(rotas(), MOMENTS)
def test_on_call_is_who_a_walk_over_all_shifts_finds(rota: Rota, at: datetime):
    rota = replace(rota, shift=max(rota.shift, timedelta(hours=8)))
    assert on_call(rota, at) == walked(rota, at)


@given(rotas(), MOMENTS, st.integers(1, 20_000), st.lists(st.floats(0, 0.999), max_size=6))
def test_duties_fill_a_time_without_a_gap_and_say_what_on_call_says(
    rota: Rota, start: datetime, minutes: int, places: list[float]
):
    stop = start + timedelta(minutes=minutes)
    found = duties(rota, start, stop)
    assert (found[0].starts, found[-1].ends) == (start, stop)
    for one, next_one in pairwise(found):
        assert one.ends == next_one.starts
        assert (one.member, one.substitute) != (next_one.member, next_one.substitute)
    for at in (start + place * (stop - start) for place in places):
        (of_then,) = [duty for duty in found if duty.starts <= at < duty.ends]
        assert of_then.member == on_call(rota, at)


def test_a_week_begins_at_nine_before_and_after_the_clocks_are_set_back():
    found = duties(
        WEEK, datetime(2026, 10, 12, 7, tzinfo=UTC), datetime(2026, 11, 2, 8, tzinfo=UTC)
    )
    assert [(duty.member, shown_at(duty.starts, BERLIN).hour) for duty in found] == [
        (2, 9), (3, 9), (1, 9),
    ]  # fmt: skip
    # The week with the longer day.
    assert found[1].ends - found[1].starts == timedelta(days=7, hours=1)


def test_before_the_first_shift_and_without_members_nobody_is_on_call():
    before = datetime(2026, 10, 5, 6, 59, tzinfo=UTC)
    assert on_call(WEEK, before) is None
    assert on_call(WEEK, before + timedelta(minutes=1)) == 1
    assert on_call(replace(WEEK, members=()), before + timedelta(days=1)) is None


def test_of_two_substitutes_the_later_counts_and_one_may_be_nobody():
    day = datetime(2026, 10, 6, tzinfo=UTC)
    hour = timedelta(hours=1)
    rota = replace(
        WEEK,
        substitutes=(
            Substitute(day, day + 4 * hour, 9),
            Substitute(day + hour, day + 2 * hour, None),
        ),
    )  # fmt: skip
    assert duties(rota, day - hour, day + 5 * hour) == [
        Duty(1, day - hour, day, False),
        Duty(9, day, day + hour, True),
        Duty(None, day + hour, day + 2 * hour, True),
        Duty(9, day + 2 * hour, day + 4 * hour, True),
        Duty(1, day + 4 * hour, day + 5 * hour, False),
    ]


@given(ZONES, st.lists(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), min_size=2))
def test_a_later_time_on_the_wall_is_never_an_earlier_instant(
    zone: ZoneInfo, shown: list[datetime]
):
    instants = [instant_of(each, zone) for each in sorted(shown)]
    assert instants == sorted(instants)


def test_a_time_the_clock_leaves_out_is_when_it_does():
    assert instant_of(datetime(2026, 3, 29, 2, 30), BERLIN) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    # One that it shows twice is the first.
    assert instant_of(datetime(2026, 10, 25, 2, 30), BERLIN) == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )


@pytest.mark.parametrize("name", ["", "Mars/Base", "../etc/passwd", "a\0b", "x" * 300, "Europe"])
def test_a_zone_that_is_none_is_said_to_be(name: str):
    with pytest.raises(UnknownZone):
        zone_named(name)
