"""No two samples of a device get one instant, whoever gives it and wherever the clocks stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.decode.reading import MAX_VALUES
from bridge.intake import instants
from bridge.intake.instants import (
    AHEAD_US,
    MAX_LANES,
    REACH_US,
    SHORT_REACH_US,
    Instants,
    Lane,
    following,
    lane_of,
)
from tests.examples import examples

NOON = 1_700_000_000_000_000
SECOND, HOUR, DAY = 1_000_000, 3_600_000_000, 86_400_000_000


class Clock:
    def __init__(self) -> None:
        self.us = NOON

    def __call__(self) -> int:
        return self.us


class Site:
    """Workers that stamp for the same devices; every instant they gave is in `given`."""

    def __init__(self) -> None:
        self.given: Counter[tuple[str, int]] = Counter()
        self.clocks: dict[int, Clock] = {}
        self.workers: dict[int, Instants] = {}
        self.lives = 0

    def start(self, number: int) -> None:
        """Even ones keep a spool, and so their name; odd ones are web processes."""
        clock = self.clocks.setdefault(number, Clock())
        self.lives += 1
        name = f"spool-{number}" if number % 2 == 0 else f"http-{number}-{self.lives}"
        reach = REACH_US if number % 2 == 0 else SHORT_REACH_US
        made = self.workers[number] = Instants(name, reach, clock)
        made.take_up({})

    def give(self, number: int, uid: str, samples: int) -> bool:
        clock = self.clocks[number]
        first = self.workers[number].first(uid, samples, clock.us, clock.us + AHEAD_US)
        for count in range(samples if first else 0):
            instant = following(first, count)
            assert instant <= clock.us + AHEAD_US
            assert instant >= clock.us - 1_000
            self.given[uid, instant] += 1
        return first != 0


@pytest.fixture
def site(database: object) -> Iterator[Site]:
    return Site()


numbers = st.integers(0, 3)
steps = st.one_of(
    st.tuples(st.just("give"), numbers, st.sampled_from("ab"), st.sampled_from((1, 7, 4_000))),
    st.tuples(
        st.just("clock"), numbers, st.sampled_from((1, 40_000, SECOND, HOUR, -SECOND, -HOUR))
    ),
    st.tuples(st.just("keep"), numbers),
    st.tuples(st.just("kill"), numbers),
    st.tuples(st.just("end"), numbers),
)


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(steps, max_size=60))
def test_an_instant_is_given_once_through_kills_restarts_and_clock_steps(
    database: object, what: list[tuple]
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ingest_lane SET holder = '', until_us = 0, given_us = 0")
    site = Site()
    for number in range(4):
        site.start(number)
    for name, number, *rest in what:
        worker = site.workers[number]
        if name == "give":
            site.give(number, *rest)
        elif name == "clock":
            site.clocks[number].us += rest[0]
        elif name == "keep":
            worker.keep()
        else:
            # What was given is stored before it counts, and that is written ahead.
            worker.cover()
            if name == "end":
                worker.give_back()
            site.start(number)
    assert max(site.given.values(), default=1) == 1


def test_two_workers_never_meet_in_one_millisecond(site: Site) -> None:
    for number in (0, 1, 2):
        site.start(number)
    for _ in range(300):
        assert all(site.give(number, "a", 1) for number in (0, 1, 2))
    assert len(site.given) == 900


def test_a_gateway_faster_than_its_lane_gets_more_lanes_and_never_runs_ahead(site: Site) -> None:
    """2 000 samples at once each second ran ahead one second further each second, for ever."""
    site.start(0)
    for _ in range(20):
        for part in range(8):
            while not site.give(0, "gateway", 2_000):
                held = len(site.workers[0]._lanes)
                site.workers[0].keep()
                assert len(site.workers[0]._lanes) > held, f"no lane for part {part}"
        site.clocks[0].us += SECOND
    assert len(site.given) == 20 * 16_000


def test_a_message_of_the_largest_size_fits_on_one_lane(site: Site) -> None:
    site.start(0)
    assert site.give(0, "a", MAX_VALUES)
    assert len({lane_of(instant) for _, instant in site.given}) == 1


def test_who_finds_no_room_waits_and_goes_on_when_the_clock_has_caught_up(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instants, "MAX_LANES", 2)
    site.start(0)
    while site.give(0, "a", 1_000):
        site.workers[0].keep()
    assert site.workers[0].wanted.is_set()
    site.clocks[0].us += SECOND
    site.workers[0].keep()
    assert site.give(0, "a", 1_000)


def test_a_clock_that_steps_back_an_hour_is_followed_on_another_lane(site: Site) -> None:
    """It went on an hour ahead, a millisecond apart."""
    site.start(0)
    assert site.give(0, "a", 1)
    site.clocks[0].us -= HOUR
    assert site.give(0, "a", 1), "a spare lane is held, the database need not answer"
    site.workers[0].keep()
    site.clocks[0].us -= HOUR
    assert site.give(0, "a", 1)
    assert len(site.given) == 3


def test_a_killed_bridge_takes_its_lanes_up_again_however_often_it_is_killed(site: Site) -> None:
    site.start(0)
    for _ in range(60):
        site.clocks[0].us += SECOND
        site.workers[0].keep()
        assert site.give(0, "a", 1)
        site.start(0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ingest_lane WHERE holder <> ''")
        assert cursor.fetchone()[0] <= MAX_LANES


def test_what_lies_in_the_spool_is_not_given_again(site: Site) -> None:
    clock = Clock()
    before = Instants("spool-0", REACH_US, clock)
    before.take_up({})
    clock.us += HOUR  # without a database, so without a nearer mark
    spooled = before.first("a", 1, clock.us, before.latest_us())
    again = Instants("spool-0", REACH_US, clock)
    again.take_up({lane_of(spooled): spooled})
    clock.us -= 1
    assert again.first("a", 1, clock.us, again.latest_us()) != spooled


def test_a_bridge_goes_on_for_a_day_without_the_database_and_then_waits(site: Site) -> None:
    site.start(0)
    site.clocks[0].us += DAY - 3 * SECOND
    assert site.give(0, "a", 1)
    site.clocks[0].us += 5 * SECOND
    assert not site.give(0, "a", 1)
    site.workers[0].keep()
    assert site.give(0, "a", 1)


def test_a_web_process_that_was_frozen_finds_its_lane_taken_and_takes_another(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ingest_lane WHERE lane > 4")
    try:
        site.start(1)
        for clock in (site.clocks[1], site.clocks.setdefault(3, Clock())):
            clock.us += HOUR
        site.start(3)
        site.workers[3].keep()
        lanes = {lane.number for lane in site.workers[1]._lanes}
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE ingest_lane SET holder = 'other', until_us = until_us + %s"
                " WHERE lane = ANY(%s)",
                [DAY, list(lanes)],
            )
        assert not site.give(1, "a", 1)
        site.workers[1].keep()
        assert lanes.isdisjoint(lane.number for lane in site.workers[1]._lanes)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO ingest_lane (lane) SELECT generate_series(1, 199)"
                " ON CONFLICT DO NOTHING"
            )


def test_a_lane_remembers_a_bounded_number_of_devices_and_gives_nothing_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(instants, "MAX_DEVICES", 3)
    lane = Lane(7, 0, NOON + DAY)
    given = {
        (uid, lane.reserve(uid, NOON, 1, NOON + AHEAD_US)) for _ in range(40) for uid in "abcdefg"
    }
    assert len(given) == 40 * 7
    assert {lane_of(instant) for _, instant in given} == {7}


def test_one_first_instant_serves_all_devices_of_a_message() -> None:
    lane = Lane(7, 0, NOON + DAY)
    lane.reserve("a", NOON, 12, NOON + AHEAD_US)
    first = lane.reserve_for_all({"a": 2, "b": 3}, NOON, NOON + AHEAD_US)
    assert first > following(lane_of(first) * 5 + NOON, 11)
    assert lane.reserve("b", NOON, 1, NOON + AHEAD_US) == following(first, 3)
