"""`manage.py runengine`: each follower takes its steps alone, and a process ends in order."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection

from telemetry import followers, following, jobs
from telemetry.followers import Follower
from telemetry.models import FollowerRun, JobRun
from telemetry.tests.held import NAME, holding
from tests.database_url import database_url
from tests.waiting import eventually

DEADLINE = 60  # seconds


class Stepping:
    """What a follower of a test does."""

    def __init__(self, step: Callable[[], float]) -> None:
        self.step = step
        self.closed = threading.Event()

    def close(self) -> None:
        self.closed.set()


@contextmanager
def running(*registered: Follower) -> Iterator[following.Following]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(followers, "_FOLLOWERS", holding(patch, "FOLLOWERS", *registered))
        patch.setattr(following, "MAX_RETRY", 0.1)
        patch.setattr(following, "NOTED_EVERY", 0.0)
        found = following.Following()
        thread = threading.Thread(target=found.run)
        thread.start()
        try:
            yield found
        finally:
            found.stop()
            thread.join(DEADLINE)
            assert not thread.is_alive()


def row(name: str) -> FollowerRun:
    return FollowerRun.objects.filter(name=name).first() or FollowerRun(name=name)


def test_one_that_fails_is_tried_again_alone_and_said_once(transactional_db, caplog) -> None:
    mended = threading.Event()
    taken: list[str] = []

    def flaky() -> float:
        taken.append("flaky")
        if not mended.is_set():
            raise ZeroDivisionError("a mistake of ours")
        return 0.01

    def steady() -> float:
        taken.append("steady")
        return 0.01

    caplog.set_level(logging.INFO)
    one = Stepping(flaky)
    with running(
        Follower("flaky", lambda: one), Follower("steady", lambda: Stepping(steady))
    ) as found:
        eventually(lambda: taken.count("flaky") > 2, what="it is tried again")
        eventually(lambda: found.readiness()["flaky"], what="it is told")
        count = taken.count("steady")
        eventually(lambda: taken.count("steady") > count + 1, what="the other goes on")
        assert found.readiness()["steady"] == found.readiness()["database"] == ""
        mended.set()
        eventually(lambda: not found.readiness()["flaky"], what="it works again")
    assert row("flaky").error == "ZeroDivisionError: a mistake of ours"
    assert row("flaky").failed_at < row("flaky").worked_at
    assert row("steady").failed_at is None
    warned = [record for record in caplog.records if record.levelname == "WARNING"]
    assert [record.getMessage() for record in warned] == [
        "the follower flaky failed: ZeroDivisionError: a mistake of ours"
    ]
    assert warned[0].exc_info  # with where it was raised
    assert one.closed.is_set()


def test_a_step_that_hangs_in_the_database_is_cancelled(transactional_db) -> None:
    hung: list[int] = []

    def hang() -> float:
        if hung:
            return 0.01
        hung.append(1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(600)")
        return 0.0

    with running(Follower("stuck", lambda: Stepping(hang), timeout=0.5)):
        eventually(lambda: row("stuck").worked_at, what="it goes on")
    assert row("stuck").error.startswith("cancelled after 0.5 s: ")


def test_two_followers_of_one_name_are_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (Follower("one", lambda: Stepping(float)) for _ in range(2))
    monkeypatch.setattr(followers, "_FOLLOWERS", holding(monkeypatch, "FOLLOWERS", one))
    followers.register(NAME)  # an app may be made ready twice
    assert followers.registered() == [one]
    monkeypatch.setattr(followers, "_FOLLOWERS", holding(monkeypatch, "FOLLOWERS", one, other))
    with pytest.raises(ValueError, match="two of FOLLOWERS are named 'one'"):
        followers.registered()


def _readiness(port: int) -> dict[str, object]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        return json.load(refused)
    except OSError:
        return {}


@pytest.mark.process
def test_the_process_with_maintenance_says_how_both_are_and_ends_when_told(
    transactional_db, free_port
) -> None:
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "manage.py", "runengine", "--maintain"),
            *("--probe", f"127.0.0.1:{port}"),
        ],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": database_url(), "PULSEBOARD_DEBUG": "1"},
    )
    try:
        names = {follower.name for follower in followers.registered()}
        kept = {job.name for job in jobs.registered()}
        eventually(
            lambda: (
                _readiness(port).get("ready")
                and set(FollowerRun.objects.values_list("name", flat=True)) == names
                and set(JobRun.objects.filter(runs__gt=0).values_list("name", flat=True)) == kept
            ),
            DEADLINE,
            what=lambda: f"each follower and each job has worked: {_readiness(port)}",
        )
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            told = answer.read().decode()
        for metric in ("follower_busy_seconds_total{", "maintenance_runs_total{", "thread_up{"):
            assert f"\npulseboard_{metric}" in told
        assert told.count("\nprocess_resident_memory_bytes ") == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE) == 0
    finally:
        process.kill()
        process.wait(DEADLINE)
