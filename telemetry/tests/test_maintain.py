"""`manage.py maintain` as a process, and that no job of it waits for another."""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from telemetry import job_runs, jobs, maintenance
from telemetry.job_runs import Turn
from telemetry.jobs import Job, NotYet
from telemetry.models import JobRun
from telemetry.moments import to_ms
from telemetry.storage import upkeep
from telemetry.tests.held import NAME, holding
from telemetry.tests.written import rollup, series, write
from telemetry.workers import timed
from telemetry.workers.timed import DatabaseAway
from tests.database_url import database_url
from tests.waiting import eventually

DEADLINE = 60  # seconds


@pytest.fixture
def start_maintain(request):
    """Start the command on the database of a URL; ends with the test."""

    def start(url: str) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "maintain"],
            cwd=settings.BASE_DIR,
            env=os.environ | {"DATABASE_URL": url, "PULSEBOARD_DEBUG": "1"},
            stderr=subprocess.PIPE,
            text=True,
        )

        def end() -> None:
            process.kill()
            process.wait(DEADLINE)
            process.stderr.close()

        request.addfinalizer(end)
        return process

    return start


@contextmanager
def maintaining(*registered: Job) -> Iterator[maintenance.Maintenance]:
    """A process that maintains these jobs, in a thread."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "_JOBS", holding(patch, "JOBS", *registered))
        patch.setattr(maintenance, "MAX_RETRY", 0.1)
        keeper = maintenance.Maintenance()
        thread = threading.Thread(target=keeper.run)
        thread.start()
        try:
            yield keeper
        finally:
            keeper.stop()
            thread.join(DEADLINE)
            assert not thread.is_alive()


def row(name: str) -> JobRun:
    return JobRun.objects.filter(name=name).first() or JobRun(name=name)


@pytest.mark.process
def test_it_rolls_up_until_it_is_told_to_stop(transactional_db, start_maintain) -> None:
    one = series()
    write(one.id, [(to_ms(datetime.now(UTC) - timedelta(minutes=5)), 1.0)])
    process = start_maintain(database_url())

    def rolled_up() -> bool:
        assert process.poll() is None
        return bool(rollup("rollup_1d", one.id))

    eventually(rolled_up, DEADLINE, what="the day is rolled up")
    names = {job.name for job in jobs.registered()}
    eventually(
        lambda: {run.name for run in JobRun.objects.filter(runs__gt=0)} == names,
        DEADLINE,
        what=lambda: f"each job has run: {[run.__dict__ for run in JobRun.objects.all()]}",
    )
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE) == 0
    assert [run.error for run in JobRun.objects.all()] == [""] * len(names)


@pytest.mark.process
def test_a_database_that_is_away_is_said_once_and_waited_for(start_maintain) -> None:
    process = start_maintain("postgresql://nobody@127.0.0.1:1/nothing")
    line = process.stderr.readline()
    assert re.search(r"level=warning .*maintenance waits for the database", line)
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE) == 0
    assert "level=warning" not in process.stderr.read()


def test_a_job_that_fails_is_tried_again_alone_and_said_once(transactional_db, caplog) -> None:
    runs: list[str] = []

    def flaky() -> str:
        runs.append("flaky")
        if runs.count("flaky") < 4:
            raise ZeroDivisionError("a mistake of ours")
        return "done at last"

    def steady() -> str:
        runs.append("steady")
        return ""

    caplog.set_level(logging.INFO)
    with maintaining(Job("flaky", 600.0, 60.0, flaky), Job("steady", 0.1, 60.0, steady)):
        eventually(lambda: row("flaky").succeeded_at, what="it works again")
        count = runs.count("steady")
        eventually(lambda: runs.count("steady") > count + 1, what="the other goes on")
    found = row("flaky")
    assert (found.runs, found.failures, found.failures_in_row, found.holder) == (1, 3, 0, "")
    assert (found.error, found.did) == ("ZeroDivisionError: a mistake of ours", "done at last")
    assert found.failed_at < found.succeeded_at < found.due_at
    assert row("steady").failures == 0
    warned = [record for record in caplog.records if record.levelname == "WARNING"]
    assert [record.getMessage() for record in warned] == [
        "the job flaky failed: ZeroDivisionError: a mistake of ours"
    ]
    assert warned[0].exc_info  # with where it was raised


def test_a_job_that_hangs_in_the_database_holds_nobody_up_and_is_cancelled(
    transactional_db,
) -> None:
    def hang() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(600)")
        return ""

    done = threading.Event()
    with maintaining(
        Job("stuck", 600.0, 1.0, hang), Job("steady", 600.0, 60.0, lambda: done.set() or "")
    ):
        assert done.wait(DEADLINE)
        eventually(lambda: row("stuck").failures, what="it is cancelled")
    assert row("stuck").error.startswith("cancelled after 1 s: ")


def test_a_job_that_does_not_end_at_all_ends_the_process(
    transactional_db, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    monkeypatch.setattr(timed, "STUCK_MARGIN", 0.1)
    job = Job("deaf", 600.0, 0.1, lambda: str(release.wait(DEADLINE)))
    monkeypatch.setattr(jobs, "_JOBS", holding(monkeypatch, "JOBS", job))
    try:
        with pytest.raises(timed.Stuck, match="deaf has not ended"):
            maintenance.Maintenance().run()
    finally:
        release.set()
        for thread in threading.enumerate():  # which end with the process otherwise
            if isinstance(thread, maintenance.Keeper):
                thread.stopping.set()
                thread.join(DEADLINE)


def test_a_job_says_why_it_cannot_do_its_work_yet(transactional_db, caplog) -> None:
    def wait() -> str:
        raise NotYet("a reader is at it")

    with maintaining(Job("patient", 600.0, 60.0, wait)):
        eventually(lambda: row("patient").failures > 1, what="it is tried again")
    assert row("patient").error == "a reader is at it"
    assert not any(record.exc_info for record in caplog.records)


def test_two_processes_share_a_job(transactional_db, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job("shared", 600.0, 60.0, str)
    first = Turn(job)
    monkeypatch.setattr(job_runs, "HOLDER", "another")
    second = Turn(job)
    assert first.take()
    assert not second.take()  # it is held
    assert 0 < second.wait() <= 600
    first.succeeded(1.0, "")
    assert not second.take()  # it is not due
    JobRun.objects.update(due_at=datetime.now(UTC) - timedelta(seconds=1))
    assert second.take()
    assert not first.take()
    JobRun.objects.update(held_until=datetime.now(UTC) - timedelta(seconds=1))
    assert first.take()  # the other one died
    second.succeeded(1.0, "too late")
    assert row("shared").did == ""


def test_a_clock_that_was_set_back_holds_no_job_up(transactional_db) -> None:
    job = Job("patient", 600.0, 60.0, str)
    turn = Turn(job)
    assert turn.take()
    turn.succeeded(1.0, "")
    assert not turn.take()
    JobRun.objects.update(due_at=datetime.now(UTC) + timedelta(days=900))
    assert turn.take()
    JobRun.objects.update(
        due_at=None, holder="dead", held_until=datetime.now(UTC) + timedelta(days=900)
    )
    assert turn.take()


def test_two_jobs_of_one_name_are_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = Job("one", 1.0, 1.0, str), Job("one", 2.0, 1.0, str)
    monkeypatch.setattr(jobs, "_JOBS", holding(monkeypatch, "JOBS", one))
    jobs.register(NAME)  # an app may be made ready twice
    assert jobs.registered() == [one]
    monkeypatch.setattr(jobs, "_JOBS", holding(monkeypatch, "JOBS", one, other))
    with pytest.raises(ValueError, match="two of JOBS are named 'one'"):
        jobs.registered()


def test_once_does_everything_once(transactional_db) -> None:
    one = series()
    write(one.id, [(to_ms(datetime.now(UTC) - timedelta(minutes=5)), 1.0)])
    call_command("maintain", "--once")
    assert len(rollup("rollup_1m", one.id)) == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [f"reading_{datetime.now(UTC):%Y%m%d}"])
        assert cursor.fetchone() != (None,)


def test_once_does_the_rest_when_one_fails(
    transactional_db, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def fail() -> str:
        raise OperationalError("no room left")

    monkeypatch.setattr(
        jobs,
        "_JOBS",
        holding(
            monkeypatch,
            "JOBS",
            Job("bad", 1.0, 1.0, fail),
            Job("good", 1.0, 1.0, lambda: done.append("good") or ""),
        ),
    )
    with pytest.raises(CommandError, match="bad: no room left"):
        call_command("maintain", "--once")
    assert done == ["good"]


def test_what_late_readings_hold_up_is_tried_ever_more_seldom() -> None:
    """Compression waits for a lock at each try, and who writes late readings waits behind it."""
    (tend,) = [job for job in upkeep.JOBS if job.name == "tend"]
    backoff = maintenance.Keeper(tend, DatabaseAway("maintain")).backoff
    tried, passed = 0, 0.0
    while passed < 24 * 3600:
        passed += backoff.wait()
        tried += 1
    assert tried < 500  # with 10 s at most they would be 17 000
