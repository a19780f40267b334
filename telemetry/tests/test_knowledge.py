"""Up to when the web process knows what devices sent, and what it says keeps it from knowing."""

from __future__ import annotations

import pytest

from telemetry.live.knowledge import (
    BACK_AFTER,
    BEHIND_AFTER,
    QUIET_AFTER,
    REMEMBERED,
    REPLACED_AFTER,
    Knowledge,
    Trouble,
)

BEGAN = 1_700_000_000_000
WELL = {"connected": 1, "lag_ms": 0}


class Watched(Knowledge):
    """With a clock that the test moves, and workers that speak each second."""

    def __init__(self) -> None:
        super().__init__(BEGAN)
        self.now = BEGAN
        self.linked = True

    def pass_by(self, ms: int, **workers: dict[str, int]) -> None:
        end = self.now + ms
        while self.now < end:
            self.now = min(end, self.now + 1_000)
            for name, counters in workers.items():
                if self.linked:
                    self.told(name.replace("_", "-"), counters, self.now)

    @property
    def until(self) -> int:
        return self.at(self.now, linked=self.linked)[0]

    @property
    def trouble(self) -> Trouble | None:
        return self.at(self.now, linked=self.linked)[1]


@pytest.fixture
def known() -> Watched:
    return Watched()


def test_with_a_bridge_that_is_well_all_is_known(known: Watched) -> None:
    known.pass_by(60_000, bridge_0=WELL)
    assert (known.until, known.trouble) == (known.now, None)


def test_without_a_bridge_telemetry_comes_over_http(known: Watched) -> None:
    known.pass_by(60_000)
    assert (known.until, known.trouble) == (known.now, None)


def test_a_bridge_that_is_away_stops_the_knowledge_where_it_stopped(known: Watched) -> None:
    known.pass_by(10_000, bridge_0=WELL)
    last = known.now
    known.pass_by(QUIET_AFTER)
    assert (known.until, known.trouble) == (last, None)  # a restart takes as long
    known.pass_by(3_600_000)
    assert (known.until, known.trouble) == (last, Trouble("bridge", last))
    known.pass_by(BACK_AFTER, bridge_0=WELL)
    assert known.until == last, "what waited for it comes first"
    known.pass_by(1_000, bridge_0=WELL)
    assert (known.until, known.trouble) == (known.now, None)


def test_a_broker_that_is_away_is_no_silence_of_devices(known: Watched) -> None:
    known.pass_by(10_000, bridge_0=WELL)
    last = known.now
    known.pass_by(20_000, bridge_0={"connected": 0, "lag_ms": 0})
    assert (known.until, known.trouble) == (last, Trouble("broker", last))


def test_a_bridge_that_is_behind_vouches_for_what_it_has_handled(known: Watched) -> None:
    known.pass_by(10_000, bridge_0=WELL)
    known.pass_by(20_000, bridge_0={"connected": 1, "lag_ms": 20_000})
    assert known.trouble == Trouble("storing", known.until)
    assert known.now - known.until == 20_000
    known.pass_by(1_000, bridge_0={"connected": 1, "lag_ms": BEHIND_AFTER - 1})
    assert known.trouble is None


def test_redis_away_stops_the_knowledge(known: Watched) -> None:
    known.pass_by(10_000, bridge_0=WELL)
    last = known.now
    known.linked = False
    known.pass_by(45_000, bridge_0=WELL)
    assert (known.until, known.trouble) == (last, Trouble("redis", last))
    known.linked = True
    known.pass_by(BACK_AFTER + 1_000, bridge_0=WELL)
    assert (known.until, known.trouble) == (known.now, None)


def test_one_bridge_of_several_is_missed_until_the_others_have_its_share(known: Watched) -> None:
    known.pass_by(10_000, bridge_0=WELL, bridge_1=WELL)
    last = known.now
    known.pass_by(QUIET_AFTER + 1_000, bridge_0=WELL)
    assert (known.until, known.trouble) == (last, Trouble("bridge", last))
    known.pass_by(REPLACED_AFTER, bridge_0=WELL)
    assert (known.until, known.trouble) == (known.now, None)


def test_a_web_process_that_ends_is_not_missed(known: Watched) -> None:
    known.pass_by(10_000, bridge_0=WELL, http_7=WELL)
    known.pass_by(QUIET_AFTER + 1_000, bridge_0=WELL)
    assert (known.until, known.trouble) == (known.now, None)
    known.pass_by(20_000, bridge_0=WELL, http_8={"connected": 1, "lag_ms": 20_000})
    assert known.trouble == Trouble("storing", known.until)


def test_a_bridge_only_the_database_knows_is_missed(known: Watched) -> None:
    known.recorded({"bridge-0": 600.0, "http-3": 5.0, "bridge-9": REMEMBERED}, known.now)
    assert known.trouble == Trouble("bridge", known.until)
    known.pass_by(BACK_AFTER + 1_000, bridge_0=WELL)
    assert known.trouble is None


def test_a_bridge_that_is_there_but_not_heard_is_missed_after_a_moment(known: Watched) -> None:
    known.recorded({"bridge-0": 0.5}, known.now)
    assert known.trouble is None
    known.pass_by(QUIET_AFTER + 1_000)
    assert known.trouble == Trouble("bridge", BEGAN - 500)


def test_a_database_that_does_not_answer_is_said_since_the_first_time(known: Watched) -> None:
    known.pass_by(10_000, bridge_0=WELL)
    first = known.now
    known.database(known.now, answers=False)
    assert known.trouble is None
    known.pass_by(4_000, bridge_0=WELL)
    known.database(known.now, answers=False)
    assert (known.until, known.trouble) == (known.now, Trouble("database", first))
    known.database(known.now, answers=True)
    assert known.trouble is None


@pytest.mark.parametrize("step", [-3_600_000, 3_600_000])
def test_a_clock_that_is_set_takes_no_knowledge_for_long(known: Watched, step: int) -> None:
    known.pass_by(10_000, bridge_0=WELL)
    known.now += step
    assert known.until <= known.now
    known.pass_by(BACK_AFTER + 1_000, bridge_0=WELL)
    assert (known.until, known.trouble) == (known.now, None)
    known.pass_by(QUIET_AFTER + 1_000)
    assert known.trouble is not None
