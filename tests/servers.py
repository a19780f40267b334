"""The real servers tests run against: a pytest plugin (`-p tests.servers` in pyproject.toml).

It must run before pytest-django reads the settings, which is before any conftest.py is imported.
Without DATABASE_URL or REDIS_URL a Postgres and a Redis of our own live for the session.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.db import connection

from devices import dynsec
from embedded.servers.child import Child
from embedded.servers.mqtt import Iotcore, Mosquitto
from embedded.servers.ports import free_port as any_free_port
from embedded.servers.postgres import DATABASE, Postgres
from embedded.servers.redis import Redis
from embedded.servers.server import Server
from tests import clusters
from tests.clusters import open_folder

NOWHERE = "postgresql://localhost/none"  # for a process that needs an address and no database

BROKER_PASSWORDS = {name: f"word-of-{name}" for name in dynsec.PROCESSES}


class RunningServer(Child):
    """One private server that a test may stop, kill, freeze and start again on the same port."""

    def __init__(self, server: Server) -> None:
        server.prepare()
        super().__init__(server.key, lambda: server.command, server.folder / "log", server=server)
        self.server = server

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def port(self) -> int:
        return self.server.port


class Session:
    """The servers of one test session and the folder they live in."""

    def __init__(self) -> None:
        self.exits = ExitStack()
        self.folder = open_folder()
        self.exits.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.postgres: RunningServer | None = None

    def run(self, server: Server) -> RunningServer:
        running = RunningServer(server)
        self.exits.callback(running.stop)
        return running.start()

    def run_postgres(self) -> str:
        """Empty, so that it answers at once."""
        clusters.copy(clusters.empty(), self.folder / "postgres")
        server = Postgres(self.folder / "postgres", any_free_port(), settings=clusters.FAST)
        self.postgres = self.run(server)
        return server.url

    def give_tables(self) -> None:
        """Have the database of the tests begin as a copy of one that has them."""
        if self.postgres is None:
            return
        migrated = clusters.migrated()
        self.postgres.stop()
        shutil.rmtree(self.postgres.server.folder)
        clusters.copy(migrated, self.postgres.server.folder)
        self.postgres.start()
        connection.settings_dict["TEST"]["TEMPLATE"] = DATABASE


SESSION = pytest.StashKey[Session]()


def _only_hands_out(options: argparse.Namespace) -> bool:
    """Whether this process runs no test itself: its workers do, each with servers of its own.

    One Redis for all would not do: its channels are the same in every database of it.
    """
    return bool(getattr(options, "numprocesses", 0)) and "PYTEST_XDIST_WORKER" not in os.environ


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    # Otherwise each of the hundreds of processes that the tests start compiles all it imports: as
    # long again as it takes to start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # Tests send readings of fixed days of any year; what retention refuses is tested on purpose.
    for variable in ("PULSEBOARD_RETENTION_DAYS", "PULSEBOARD_ROLLUP_RETENTION_DAYS"):
        os.environ.setdefault(variable, "36500")
    os.environ.setdefault("PULSEBOARD_API_REQUESTS", "100000")  # a test asks as fast as it can
    os.environ.setdefault("PULSEBOARD_SECRET_KEY", "only-for-the-tests-" + "x" * 50)
    options = early_config.known_args_namespace
    if options.help or options.version:
        os.environ.setdefault("DATABASE_URL", NOWHERE)
        return
    if end := clusters.begin_run():
        early_config.add_cleanup(end)
    if _only_hands_out(options):
        if os.environ.setdefault("DATABASE_URL", NOWHERE) == NOWHERE:
            # While the workers collect.
            making = threading.Thread(target=clusters.migrated)
            making.start()
            early_config.add_cleanup(making.join)
        return
    # Ended by SIGTERM, pytest would leave every server it started behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    session = early_config.stash[SESSION] = Session()
    early_config.add_cleanup(session.exits.close)
    if os.environ.get("DATABASE_URL", NOWHERE) == NOWHERE:
        os.environ["DATABASE_URL"] = session.run_postgres()
    if "REDIS_URL" not in os.environ:
        redis = session.run(Redis(session.folder / "redis", any_free_port()))
        os.environ["REDIS_URL"] = redis.url


def pytest_collection_finish(session: pytest.Session) -> None:
    """A worker of several takes what is made for all; one alone has tables when a test asks."""
    if "PYTEST_XDIST_WORKER" in os.environ and (ours := session.config.stash.get(SESSION, None)):
        ours.give_tables()


@pytest.fixture
def free_port() -> Callable[[], int]:
    """A port nobody listens on: `free_port()`."""
    return any_free_port


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """An empty folder that a server run by root's stand-in can use."""
    folder = open_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _serve(server: Server) -> Iterator[RunningServer]:
    running = RunningServer(server)
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture
def mosquitto(server_folder: Path) -> Iterator[RunningServer]:
    """A Mosquitto of this test's own: `.url`, `.port`, `.stop()`, `.kill()`, `.start()`."""
    yield from _serve(Mosquitto(server_folder / "mqtt", any_free_port()))


@pytest.fixture
def closed_broker(server_folder: Path) -> Iterator[RunningServer]:
    """A Mosquitto that lets in who has an account, one of `BROKER_PASSWORDS` to begin with."""
    yield from _serve(Mosquitto(server_folder / "mqtt", any_free_port(), BROKER_PASSWORDS))


@pytest.fixture
def iotcore(server_folder: Path) -> Iterator[RunningServer]:
    """The in-memory broker, of this test's own."""
    yield from _serve(Iotcore(server_folder / "mqtt", any_free_port()))


@pytest.fixture
def redis_server(server_folder: Path) -> Iterator[RunningServer]:
    """A Redis of this test's own."""
    yield from _serve(Redis(server_folder / "redis", any_free_port()))


@pytest.fixture
def postgres_server(server_folder: Path) -> Iterator[RunningServer]:
    """A Postgres of this test's own, durable as in production, with an empty `pulseboard`."""
    with serving_copy(clusters.empty(), server_folder / "postgres") as server:
        yield server


@contextmanager
def serving_copy(cluster: Path, folder: Path) -> Iterator[RunningServer]:
    """A Postgres that runs on a copy of a prepared cluster."""
    clusters.copy(cluster, folder)
    yield from _serve(Postgres(folder, any_free_port()))
