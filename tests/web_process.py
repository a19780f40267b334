"""The web process as it runs: Daphne on the tests' own Redis and any database.

Fixtures, to import by name: `web_process` (one for the module, on the test database) and `web` (the
same, for tests that want the database emptied after them).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
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
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0  # until it listens
STOP_SECONDS = 60.0  # until it has ended after SIGTERM
REST_SECONDS = 60.0  # until it has answered what it was asked


class WebProcess:
    """One Daphne with its output in a file."""

    def __init__(self, folder: Path, database: str) -> None:
        self.port = free_port()
        self.name = f"web-{self.port}"  # of its connections to the database
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "web.log"
        self._database = database
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it and wait until it listens."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port)),
                    *("--websocket-max-message-size", str(MAX_WEBSOCKET_BYTES)),
                    *("--websocket-max-frame-size", str(MAX_WEBSOCKET_BYTES)),
                    "config.asgi:application",
                ],
                cwd=ROOT,
                env={
                    **os.environ,
                    "DATABASE_URL": f"{self._database}{'&' if '?' in self._database else '?'}"
                    f"application_name={self.name}",
                    "REDIS_URL": settings.REDIS_URL,
                    "PULSEBOARD_PREFIX": settings.PULSEBOARD_PREFIX,
                    "PULSEBOARD_SECRET_KEY": settings.SECRET_KEY,
                },
                stdout=log,
                stderr=log,
            )
        eventually(self._listens, START_SECONDS, what="the web process listens")

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def _listens(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
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

    def stop(self) -> int:
        """SIGTERM, and the exit status; kills what does not end."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


@contextmanager
def serving(folder: Path, database: str) -> Iterator[WebProcess]:
    """A web process that runs."""
    process = WebProcess(folder, database)
    try:
        process.start()
        yield process
    finally:
        process.stop()


@pytest.fixture(scope="module")
def web_process(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebProcess]:
    with serving(tmp_path_factory.mktemp("web"), database_url()) as process:
        yield process


@pytest.fixture
def web(web_process: WebProcess, transactional_db: None) -> Iterator[WebProcess]:
    yield web_process
    # Emptying the tables while a request reads several of them could end in a deadlock.
    eventually(web_process.is_at_rest, REST_SECONDS, what="the web process is at rest")
