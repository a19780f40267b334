"""The web process as it runs: Daphne on the tests' own Redis and any database.

Fixtures, to import by name: `web_process` (one for all tests in a row, on the test database, with
sessions that it keeps: to open one for each request doubles what a request costs) and `web` (the
same, for tests that want the database emptied after them).
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from embedded.servers.ports import free_port
from embedded.up.stack import MAX_WEBSOCKET_BYTES
from tests.database_url import database_url
from tests.forking import ForkedChild
from tests.kept_running import kept
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 60.0  # until it has ended after SIGTERM
REST_SECONDS = 60.0  # until it has answered what it was asked
UNUSED = "/unused-sessions-of-the-tests"  # see tests/web_application.py
# With one of these a bridge is heard, which the process then misses for as long as it lives.
HEARD = ("bridge", "mosquitto", "iotcore", "closed_broker")
POOL = 40  # sessions at most; so many that no request has to wait for another


class WebProcess(ForkedChild):
    """One Daphne with its output in a file; it is started once it listens."""

    stop_seconds = STOP_SECONDS

    def __init__(self, folder: Path, database: str, redis: str = "", pool: int = 0) -> None:
        """`redis`: the address of another one than the tests' own. `pool`: the sessions with the
        database that it keeps, at most; otherwise each request has one of its own."""
        self.port = free_port()
        name = f"web-{self.port}"  # of its connections to the database, too
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__(
            name,
            lambda: [
                *(sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port)),
                *("--websocket-max-message-size", str(MAX_WEBSOCKET_BYTES)),
                *("--websocket-max-frame-size", str(MAX_WEBSOCKET_BYTES)),
                "tests.web_application:application",
            ],
            folder / "web.log",
            environment={
                **os.environ,
                "DATABASE_URL": f"{database}{'&' if '?' in database else '?'}"
                f"application_name={name}",
                "REDIS_URL": redis or settings.REDIS_URL,
                "PULSEBOARD_PREFIX": settings.PULSEBOARD_PREFIX,
                "PULSEBOARD_SECRET_KEY": settings.SECRET_KEY,
                "PULSEBOARD_DATABASE_POOL": os.environ.get("PULSEBOARD_DATABASE_POOL", str(pool)),
            },
            folder=ROOT,
        )

    def is_ready(self) -> bool:
        """Whether it listens."""
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        except OSError:
            return False
        return True

    def is_at_rest(self) -> bool:
        """No request uses the database: it has no session, or those that wait in its pool."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [self.name]
            )
            (sessions,) = cursor.fetchone()
        if not sessions:
            return True
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=REST_SECONDS)) as wire:
            wire.request("GET", UNUSED)
            return int(wire.getresponse().read()) >= sessions


@contextmanager
def serving(folder: Path, database: str, pool: int = 0) -> Iterator[WebProcess]:
    """A web process that runs."""
    process = WebProcess(folder, database, pool=pool)
    try:
        process.start()
        yield process
    finally:
        ended = process.stop()
    assert ended != -signal.SIGKILL, f"it did not end by itself: {process.tail()}"


@pytest.fixture
def web_process(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[WebProcess]:
    def started() -> AbstractContextManager[WebProcess]:
        return serving(tmp_path_factory.mktemp("web"), database_url(), POOL)

    with kept(request, started, spoilt_by=HEARD) as process:
        yield process


@pytest.fixture
def web(web_process: WebProcess, transactional_db: None) -> Iterator[WebProcess]:
    yield web_process
    # Emptying the tables while a request reads several of them could end in a deadlock.
    eventually(web_process.is_at_rest, REST_SECONDS, what="the web process is at rest")
