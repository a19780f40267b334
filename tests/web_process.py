"""The web process as it runs: Daphne on the tests' own Redis and any database.

Fixtures, to import by name: `web_process` (one for all tests in a row, on the test database) and
`web` (the same, for tests that want the database emptied after them).
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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


class WebProcess(ForkedChild):
    """One Daphne with its output in a file; it is started once it listens."""

    stop_seconds = STOP_SECONDS

    def __init__(self, folder: Path, database: str, redis: str = "") -> None:
        """`redis`: the address of another one than the tests' own."""
        self.port = free_port()
        name = f"web-{self.port}"  # of its connections to the database, too
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__(
            name,
            lambda: [
                *(sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port)),
                *("--websocket-max-message-size", str(MAX_WEBSOCKET_BYTES)),
                *("--websocket-max-frame-size", str(MAX_WEBSOCKET_BYTES)),
                "config.asgi:application",
            ],
            folder / "web.log",
            environment={
                **os.environ,
                "DATABASE_URL": f"{database}{'&' if '?' in database else '?'}"
                f"application_name={name}",
                "REDIS_URL": redis or settings.REDIS_URL,
                "PULSEBOARD_PREFIX": settings.PULSEBOARD_PREFIX,
                "PULSEBOARD_SECRET_KEY": settings.SECRET_KEY,
                # So that it can be seen when nobody asks the database (`is_at_rest`).
                "PULSEBOARD_DATABASE_POOL": os.environ.get("PULSEBOARD_DATABASE_POOL", "0"),
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
        """No request uses the database; a request closes its connection when it is answered."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [self.name]
            )
            return cursor.fetchone() == (0,)


@contextmanager
def serving(folder: Path, database: str) -> Iterator[WebProcess]:
    """A web process that runs."""
    process = WebProcess(folder, database)
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
    with kept(request, lambda: serving(tmp_path_factory.mktemp("web"), database_url())) as process:
        yield process


@pytest.fixture
def web(web_process: WebProcess, transactional_db: None) -> Iterator[WebProcess]:
    yield web_process
    # Emptying the tables while a request reads several of them could end in a deadlock.
    eventually(web_process.is_at_rest, REST_SECONDS, what="the web process is at rest")
