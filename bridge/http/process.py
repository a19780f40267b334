"""The one ingest of a web process, or of a bridge that listens to devices itself: started at its
first message, ended with the process."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable, Iterator

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from bridge.http.committer import Ingest
from bridge.metrics import WorkerCollector
from telemetry.workers import vitals
from telemetry.workers.worker_state import HTTP_PREFIX

HOST_SHOWN = 24  # characters of the machine's name in a worker's


def new_name() -> str:
    """A name no other web process has: in containers all have the same process id, and a copied
    machine has the same name."""
    return f"{HTTP_PREFIX}{socket.gethostname()[:HOST_SHOWN]}-{os.getpid()}-{secrets.token_hex(4)}"


_starting = threading.Lock()
_running: dict[int, Ingest] = {}  # by process id: a forked child needs threads of its own


def running() -> Ingest:
    """The ingest of this process, started at the first message."""
    with _starting:
        found = _running.get(os.getpid())
        if found is None:
            found = _running[os.getpid()] = Ingest(new_name())
            found.start()
            vitals.web_needs["http_ingest"] = found.database.trouble
            _before_exit(stop)
        return found


def storing_trouble() -> str:
    """Why this process's ingest does not store what comes; "" when it does."""
    return running().database.trouble()


def stop() -> None:
    """End this process's ingest, if it has one."""
    with _starting:
        found = _running.pop(os.getpid(), None)
    if found is not None:
        vitals.web_needs.pop("http_ingest", None)
        found.stop()


def snapshots() -> dict[str, dict[str, int]]:
    """The counters of this process's ingest by its name, once it has one."""
    found = _running.get(os.getpid())
    return {found.worker: found.snapshot()} if found is not None else {}


class IngestCollector(Collector):
    """The counters of this process's ingest, once it has one."""

    def collect(self) -> Iterator[Metric]:
        yield from WorkerCollector(snapshots).collect()


vitals.web_registry.register(IngestCollector())


def _before_exit(task: Callable[[], None]) -> None:
    """Have `task` done before Daphne stops. Under another server the books stay until
    they are stale.

    `atexit` would be too late: by then no thread may start another, which the live thread does.
    """
    reactor = sys.modules.get("twisted.internet.reactor")
    if reactor is None or not getattr(reactor, "running", False):
        return
    from twisted.internet.threads import deferToThread  # noqa: PLC0415  (Daphne has it)

    reactor.callFromThread(
        reactor.addSystemEventTrigger, "before", "shutdown", lambda: deferToThread(task)
    )
