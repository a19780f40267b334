"""The database's clock is that of every process, wherever the clock of its host stands."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from devices import clock
from devices.clock import Clock
from devices.models import Device

SECOND = 1_000_000
HOUR = 3600 * SECOND
TRUE_0 = 1_800_000_000 * SECOND  # the database's clock at count 0
NEAR = timedelta(minutes=1)  # for a busy machine


class Host:
    """A machine: its counter, and by how much its clock is wrong."""

    def __init__(self, wrong_by: int) -> None:
        self.count = 77 * SECOND
        self.wrong_by = wrong_by
        self.clock = Clock(lambda: self.count, lambda: TRUE_0 + self.count + self.wrong_by)

    def ask(self, there: int, back: int) -> None:
        """The answer needs so long each way."""
        asked = self.count
        self.count += there
        said = TRUE_0 + self.count
        self.count += back
        self.clock.learn(asked, said, self.count)

    @property
    def error(self) -> int:
        return self.clock.now_us() - (TRUE_0 + self.count)


trips = st.integers(0, 5 * SECOND)


@given(wrong_by=st.integers(-HOUR, HOUR), answers=st.lists(st.tuples(trips, trips), min_size=1))
def test_we_are_never_further_off_than_the_quickest_answer_took(
    wrong_by: int, answers: list[tuple[int, int]]
) -> None:
    host = Host(wrong_by)
    for there, back in answers:
        host.ask(there, back)
    assert abs(host.error) <= min(there + back for there, back in answers)
    assert host.clock.ahead_us() == wrong_by - host.error


@given(answers=st.lists(st.tuples(trips, trips)))
def test_a_clock_that_is_right_is_not_moved_by_slow_answers(
    answers: list[tuple[int, int]],
) -> None:
    host = Host(0)
    for there, back in answers:
        host.ask(there, back)
    assert host.error == 0


def test_a_machine_clock_that_steps_moves_nothing_and_is_told_of_once(caplog) -> None:
    caplog.set_level("INFO", "devices.clock")
    host = Host(0)
    host.ask(10, 10)
    host.wrong_by = -HOUR
    assert host.error == 0
    for _ in range(3):
        host.ask(10, 10)
    assert host.clock.ahead_us() == -HOUR
    host.wrong_by = clock.OFF_FROM_US - 1
    host.ask(10, 10)
    told = [(each.levelname, each.action) for each in caplog.records]
    assert told == [("WARNING", "clock_off"), ("INFO", "clock_right")]


def test_the_database_is_followed_when_its_clock_steps_back() -> None:
    host = Host(0)
    host.ask(10, 10)
    host.clock.learn(host.count - 20, TRUE_0 + host.count - HOUR, host.count)
    assert abs(host.error + HOUR) <= 20


@pytest.fixture
def hour_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this process takes for the time."""
    wrong = Clock(clock.count_us, lambda: clock.machine_us() + HOUR)
    monkeypatch.setattr(clock, "_clock", wrong)
    monkeypatch.setattr(clock, "now_us", wrong.now_us)


def database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def test_one_answer_of_the_database_sets_this_process_right(db: None, hour_ahead: None) -> None:
    assert clock.now() - database_now() > timedelta(minutes=50)
    clock.measure()
    assert abs(clock.now() - database_now()) < NEAR
    assert clock.ahead_ms() == pytest.approx(3_600_000, abs=60_000)


def test_a_row_is_changed_at_the_time_of_the_database(db: None, hour_ahead: None) -> None:
    clock.measure()
    device = Device.objects.create(uid="pump-1", name="Pump 1")
    device.refresh_from_db()
    assert abs(device.updated_at - database_now()) < NEAR
