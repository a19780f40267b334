"""`manage.py maintain` as a process, and how it waits for a database that is away."""

import logging
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, ProgrammingError, connection

from telemetry import maintenance
from telemetry.moments import to_ms
from telemetry.storage import partitions
from telemetry.tests.written import rollup, series, write
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


def drop_what_was_made() -> None:
    tables = "reading, text_reading, rollup_1m, rollup_1h, rollup_1d, rollup_dirty"
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables}")
    partitions.drop_before(datetime.now(UTC) + timedelta(days=30))


@pytest.mark.process
def test_it_rolls_up_until_it_is_told_to_stop(transactional_db, request, start_maintain) -> None:
    request.addfinalizer(drop_what_was_made)
    one = series()
    write(one.id, [(to_ms(datetime.now(UTC) - timedelta(minutes=5)), 1.0)])
    process = start_maintain(database_url())

    def rolled_up() -> bool:
        assert process.poll() is None
        return bool(rollup("rollup_1d", one.id))

    eventually(rolled_up, DEADLINE, what="the day is rolled up")
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE) == 0


@pytest.mark.process
def test_a_database_that_is_away_is_said_once_and_waited_for(start_maintain) -> None:
    process = start_maintain("postgresql://nobody@127.0.0.1:1/nothing")
    line = process.stderr.readline()
    assert re.search(r"level=warning .*maintenance waits for the database", line)
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE) == 0
    assert "level=warning" not in process.stderr.read()


def test_it_goes_on_when_the_database_is_back(monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    runs = []
    keeper = None

    def flaky() -> None:
        runs.append(1)
        if len(runs) < 4:
            raise OperationalError("server closed the connection unexpectedly")
        keeper.stop()

    monkeypatch.setattr(maintenance, "EVERY", {flaky: 60.0})
    monkeypatch.setattr(maintenance, "MAX_RETRY", 0.01)
    monkeypatch.setattr(maintenance.errors, "reset_connection", lambda: None)
    keeper = maintenance.Maintenance()
    with caplog.at_level(logging.INFO):
        keeper.run()
    assert len(runs) == 4
    assert [r.levelname for r in caplog.records] == ["WARNING", "INFO"]


def test_a_mistake_of_ours_is_not_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ProgrammingError("no such column")

    monkeypatch.setattr(maintenance, "EVERY", {broken: 60.0})
    with pytest.raises(ProgrammingError):
        maintenance.Maintenance().run()


@pytest.mark.django_db(transaction=True)  # no partition can be frozen inside a transaction
def test_once_does_everything_once() -> None:
    one = series()
    write(one.id, [(to_ms(datetime.now(UTC) - timedelta(minutes=5)), 1.0)])
    with connection.cursor() as cursor:
        try:
            call_command("maintain", "--once")
            assert len(rollup("rollup_1m", one.id)) == 1
            cursor.execute("SELECT to_regclass(%s)", [f"reading_{datetime.now(UTC):%Y%m%d}"])
            assert cursor.fetchone() != (None,)
        finally:
            cursor.execute("TRUNCATE reading, rollup_1m, rollup_1h, rollup_1d, rollup_dirty")
