"""The servers and the bridge a benchmark runs against, in processes of their own.

Postgres as in production (fsync and synchronous_commit on), the broker, Redis and the real
`manage.py runbridge`. DATABASE_URL, REDIS_URL and MQTT_URL each replace the server we would start.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from devices import dynsec
from embedded.errors import EmbeddedError
from embedded.servers import mqtt
from embedded.servers.child import POLL_SECONDS, READY_SECONDS, Child
from embedded.servers.ports import free_port, is_free
from embedded.servers.postgres import Postgres
from embedded.servers.redis import Redis
from embedded.servers.server import Server
from embedded.up.stack import MALLOC

ROOT = Path(__file__).resolve().parent.parent


class BenchmarkFailed(Exception):
    """A server or the bridge did not do its part; the message has the end of its log."""


@dataclass(slots=True)
class Stack:
    """Addresses of what runs, and the processes that are ours."""

    folder: Path
    mqtt_host: str = ""
    mqtt_port: int = 0
    broker: str = ""
    servers: dict[str, Child] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)  # of our processes' accounts

    def run(self, name: str, *words: str, settings: Mapping[str, str] | None = None) -> Child:
        """Start a Python process of this project with the environment of the stack, and these
        settings instead of its own."""
        child = Child(
            name,
            lambda: [sys.executable, *words],
            self.folder / f"{name}.log",
            environment={**os.environ, **(settings or {})},
            folder=ROOT,
        )
        child.spawn()
        return child

    @contextlib.contextmanager
    def bridge(self) -> Iterator[Child]:
        """`manage.py runbridge`, ended by SIGTERM."""
        running = self.run("bridge", "manage.py", "runbridge")
        try:
            yield running
        finally:
            running.stop()

    @contextlib.contextmanager
    def maintain(self, settings: Mapping[str, str]) -> Iterator[Child]:
        """`manage.py maintain` with these settings, ended by SIGTERM."""
        running = self.run("maintain", "manage.py", "maintain", settings=settings)
        try:
            yield running
        finally:
            running.stop()

    @contextlib.contextmanager
    def engine(self) -> Iterator[Child]:
        """`manage.py runengine`, which tells the broker of devices as well."""
        running = self.run("engine", "manage.py", "runengine")
        try:
            yield running
        finally:
            running.stop()

    @contextlib.contextmanager
    def web(self, application: str) -> Iterator[tuple[int, Child]]:
        """Daphne with an ASGI application, and the port it listens on."""
        port = free_port()
        words = ("-b", "127.0.0.1", "-p", str(port), "-v", "0", application)
        running = self.run("web", "-m", "benchmarks.web_server", *words)
        try:
            _wait(running, lambda: not is_free(port), "Daphne")
            yield port, running
        finally:
            running.stop()


def _start(server: Server, stack: Stack) -> str:
    """Run a server until it answers; its address."""
    server.prepare()
    child = stack.servers[server.key] = Child.of(server, stack.folder / f"{server.key}.log")
    try:
        child.start()
    except EmbeddedError as exc:
        raise BenchmarkFailed(str(exc)) from exc
    return server.url


def _wait(child: Child, is_ready: Callable[[], bool], title: str) -> None:
    """Until it answers. Raises `BenchmarkFailed` when it ends or takes too long."""
    deadline = time.monotonic() + READY_SECONDS
    while not is_ready():
        if not child.pid or time.monotonic() > deadline:
            raise failed(child, f"{title} did not answer")
        time.sleep(POLL_SECONDS)


def failed(child: Child, what: str) -> BenchmarkFailed:
    """To be raised, with the end of what the process said."""
    return BenchmarkFailed(f"{what}:\n{child.tail()}")


def _start_broker(stack: Stack, choice: str, *, accounts: bool) -> None:
    passwords = {name: secrets.token_urlsafe(16) for name in dynsec.PROCESSES} if accounts else {}
    server = mqtt.broker(choice, stack.folder / "mqtt", free_port(), passwords)
    os.environ["MQTT_URL"] = _start(server, stack)
    if server.passwords:
        stack.passwords = passwords
        control = f"{dynsec.CONTROL}:{passwords[dynsec.CONTROL]}"
        address = f"mqtt://{control}@{server.host}:{server.port}"
        os.environ["PULSEBOARD_BROKER_CONTROL_URL"] = address
    stack.broker = server.title
    stack.mqtt_host, stack.mqtt_port = server.host, server.port


def _use_broker(stack: Stack) -> None:
    parts = urlsplit(os.environ["MQTT_URL"])
    stack.broker = "MQTT_URL"
    stack.mqtt_host = parts.hostname or "127.0.0.1"
    stack.mqtt_port = parts.port or 1883


@contextlib.contextmanager
def running(broker: str = "auto", *, accounts: bool = False) -> Iterator[Stack]:
    """A migrated database, Redis and a broker, with Django set up in this process. `accounts`: the
    broker lets in who has one, where it can."""
    before = dict(os.environ)
    os.environ.setdefault("PULSEBOARD_SECRET_KEY", secrets.token_urlsafe(50))
    os.environ.setdefault("PULSEBOARD_LOG_LEVEL", "WARNING")
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ.setdefault("PULSEBOARD_LIVE_SOCKETS", "100000")  # all viewers are one login
    for name, value in MALLOC.items():  # as under `up`
        os.environ.setdefault(name, value)
    # With DEBUG Django keeps every statement it runs.
    os.environ["PULSEBOARD_DEBUG"] = "0"
    folder = Path(tempfile.mkdtemp(prefix="pulseboard-bench-"))
    folder.chmod(0o755)
    os.environ["PULSEBOARD_SPOOL"] = str(folder / "spool")
    stack = Stack(folder)
    try:
        if "DATABASE_URL" not in os.environ:
            os.environ["DATABASE_URL"] = _start(Postgres(folder / "postgres", free_port()), stack)
        if "REDIS_URL" not in os.environ:
            os.environ["REDIS_URL"] = _start(Redis(folder / "redis", free_port()), stack)
        if "MQTT_URL" not in os.environ:
            _start_broker(stack, broker, accounts=accounts)
        else:
            _use_broker(stack)
        from embedded.up import database  # noqa: PLC0415 (the settings read the environment)

        database.migrate()
        yield stack
    finally:
        for server in reversed(stack.servers.values()):
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
        os.environ.clear()
        os.environ.update(before)


def percentiles_ms(latencies: list[float]) -> dict[str, float]:
    """Median and 99th percentile, of milliseconds in any order; nan where there are none."""
    found = sorted(latencies) or [float("nan")]
    return {
        name: round(found[int(len(found) * share)], 1)
        for name, share in (("p50", 0.5), ("p99", 0.99))
    }


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its living children (Postgres has one a session)."""
    total = 0.0
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for each in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                times = each.cpu_times()
                total += times.user + times.system
    return total


def resident_mib(pid: int) -> float:
    """What the process holds in memory now (VmRSS)."""
    return float(psutil.Process(pid).memory_info().rss) / 2**20
