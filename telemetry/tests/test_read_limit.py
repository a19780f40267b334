"""A read of history that takes too long is stopped, told apart, and leaves nothing behind."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.db import OperationalError, connection
from rest_framework.test import APIClient

from access.scope import EVERYTHING
from telemetry.history import read_limit, reader
from telemetry.history.read_limit import TooSlow, limited
from telemetry.tests.locked import readings_locked
from telemetry.tests.written import series

LIMIT = 150  # ms while something waits
AMPLE = 60_000  # ms

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def limit(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """`limit(ms)`: a read may take so long; short to begin with."""

    def set_limit(limit_ms: int) -> None:
        monkeypatch.setattr(read_limit, "READ_LIMIT", limit_ms)

    set_limit(LIMIT)
    return set_limit


def timeout() -> str:
    return shown("statement_timeout")


def shown(setting: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {setting}")
        return str(cursor.fetchone()[0])


def test_no_read_is_compiled() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET jit = on")
    with limited():
        assert shown("jit") == "off"
    assert shown("jit") == "on"
    with connection.cursor() as cursor:
        cursor.execute("RESET jit")


def test_a_window_that_takes_too_long_is_stopped_and_the_next_is_read(limit) -> None:
    one, before = series(), timeout()
    with readings_locked(), pytest.raises(TooSlow, match="Narrow the window"):
        reader.window(EVERYTHING, [one.id], 0, 60_000, 800)
    assert timeout() == before
    limit(AMPLE)
    (answer,) = reader.window(EVERYTHING, [one.id], 0, 60_000, 800)
    assert answer["points"] == []


@pytest.mark.parametrize("path", ["readings/?device=boiler", "devices/boiler/latest/", "fleet/"])
def test_the_api_says_what_to_ask_instead(path: str, limit, api: APIClient) -> None:
    series()
    with readings_locked():
        answer = api.get(f"/api/v1/{path}")
    assert answer.status_code == 504
    assert "Narrow the window, or ask for fewer series" in answer.json()["detail"]
    limit(AMPLE)
    assert api.get(f"/api/v1/{path}").status_code == 200


def test_another_error_of_the_database_is_not_called_slow(limit) -> None:
    limit(AMPLE)
    with pytest.raises(OperationalError), limited(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    connection.close()
    with limited():
        assert timeout() == "1min"


def test_the_limit_is_of_each_statement_not_of_the_read(limit) -> None:
    limit(5_000)  # a busy machine may pause within a statement
    with limited(), connection.cursor() as cursor:
        started = time.monotonic()
        while time.monotonic() - started < 5.5:
            cursor.execute("SELECT pg_sleep(0.02)")
