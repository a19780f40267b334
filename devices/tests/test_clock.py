"""The database's clock is that of every process, wherever the clock of its host stands."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from knox.models import AuthToken
from rest_framework.test import APIClient

from devices import clock
from devices.clock import Clock
from devices.models import Device, Site

ROOT = Path(__file__).resolve().parents[2]
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


@pytest.mark.django_db
def test_a_host_whose_clock_is_wrong_dates_no_row_and_ends_no_token(monkeypatch):
    right = timezone.now
    owner = User.objects.create_user("ana", password="a-long-password-1")
    soon = right() + timedelta(hours=1)
    for off in (timedelta(days=-1), timedelta(days=1)):
        monkeypatch.setattr(timezone, "now", lambda off=off: right() + off)
        site = Site.objects.create(slug=f"s{off.days}", name="S")
        device = Device.objects.create(uid=f"d{off.days}", name="D", site=site)
        assert abs(site.created_at - right()) < timedelta(minutes=5)
        assert abs(device.created_at - right()) < timedelta(minutes=5)
        api = APIClient()
        api.force_authenticate(owner)
        body = {"expiry": soon.isoformat()}
        made = api.post("/api/v1/tokens/", body, format="json").json()
        stored = AuthToken.objects.get(token_key=made["token_key"])
        assert stored.expiry == soon
        assert abs(stored.created - right()) < timedelta(minutes=5)
        bearer = {"HTTP_AUTHORIZATION": f"Token {made['token']}"}
        assert APIClient().get("/api/v1/sites/", **bearer).status_code == 200
        AuthToken.objects.update(expiry=right() - timedelta(minutes=1))
        assert APIClient().get("/api/v1/sites/", **bearer).status_code == 401
        assert not AuthToken.objects.exists()


def test_nothing_of_ours_asks_this_host_what_time_it_is():
    """A lint: `devices.clock` asks; embedded programs have no database, or are the proof."""
    asks = re.compile(r"auto_now_add=True|timezone\.now\(|datetime\.now\(|\btime\.time\(")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for app in ("access", "devices", "telemetry", "bridge", "dashboard")
        for path in sorted((ROOT / app).rglob("*.py"))
        if not {"tests", "migrations", "node_modules"} & set(path.parts) and path.name != "clock.py"
        for line in path.read_text().splitlines()
        if asks.search(line)
    ]
    assert found == []
