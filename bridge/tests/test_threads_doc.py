"""docs/threads.md says which thread may call what; here a bridge runs, and it is true."""

from __future__ import annotations

import functools
import gc
import importlib
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.mqtt.broker import Broker
from bridge.worker import SpoolPlace, Worker
from devices.models import Device
from telemetry.workers.thread import WorkingThread
from tests.waiting import eventually

DOC = (Path(__file__).resolve().parents[2] / "docs" / "threads.md").read_text()


def rows(title: str) -> list[list[str]]:
    """The cells of the table whose header starts so."""
    _, _, rest = DOC.partition(f"| {title} |")
    lines = rest.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def find(path: str) -> type:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


THREADS = {words(name)[0]: words(path)[0] for name, path, _ in rows("thread")}
MAY: dict[tuple[str, str], set[str]] = defaultdict(set)
for path, methods, threads in rows("object"):
    for method in words(methods):
        MAY[words(path)[0], method] |= set(words(threads))


def test_every_thread_and_method_that_is_named_exists() -> None:
    assert len(THREADS) == 11
    assert len(MAY) > 40
    for path in THREADS.values():
        find(path)
    for path, method in MAY:
        assert callable(getattr(find(path), method)), f"{path}.{method}"
    assert {name for names in MAY.values() for name in names} <= {*THREADS, "any"}


def test_every_working_thread_is_in_the_table() -> None:
    importlib.import_module("config.asgi")
    ours = {
        f"{each.__module__}.{each.__qualname__}"
        for each in WorkingThread.__subclasses__()
        if each.__module__.startswith(("bridge.", "dashboard."))
        and ".tests." not in each.__module__
    }
    assert ours == set(THREADS.values()) - {"bridge.worker.Worker"}


@pytest.fixture
def seen(monkeypatch) -> dict[tuple[str, str], set[str]]:
    """Which threads called what, from now on."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)

    def watched(key: tuple[str, str], method):
        @functools.wraps(method)
        def call(*args, **kwargs):
            found[key].add(threading.current_thread().name)
            return method(*args, **kwargs)

        return call

    for path, name in MAY:
        owner = find(path)
        monkeypatch.setattr(owner, name, watched((path, name), getattr(owner, name)))
    return found


@pytest.fixture
def quick_collector() -> Iterator[None]:
    """A worker sets the cyclic collector for a process of its own."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.fixture
def publishing(settings) -> None:
    settings.PULSEBOARD_PUBLISH = ["*"]


@pytest.mark.usefixtures("publishing")
def test_a_bridge_at_work_keeps_to_the_table(
    seen, quick_collector, database, pump, mosquitto, publisher, tmp_path: Path
) -> None:
    broker = Broker("127.0.0.1", mosquitto.port, "threads-under-test")
    worker = Worker("bridge-9", broker, SpoolPlace(tmp_path / "spool", 10_000_000))

    running = threading.Thread(target=worker.run, name="main")
    running.start()
    try:
        eventually(lambda: worker.source.session.subscriber.granted, what="subscribed")
        publisher.send("devices/late-9/telemetry", b'{"t":1}')
        for payload in (b'{"t":1}', b"{", b'{"t":2,"u":NaN}'):
            publisher.send("devices/pump-1/telemetry", payload)
        eventually(lambda: worker.inbox.books()["rejected"] >= 2, what="all are in")
        Device.objects.create(uid="late-9", name="Late")
        stored = "SELECT count(*) FROM reading"
        eventually(lambda: database(stored) == [(3,)], what="the late one is replayed")
    finally:
        worker.source.stop()
        running.join()
    wrong = {key: threads - MAY[key] for key, threads in seen.items() if "any" not in MAY[key]}
    assert {key: threads for key, threads in wrong.items() if threads} == {}
    committed = ("bridge.commit.transaction.BatchTransaction", "commit")
    assert seen[committed] == {"committer"}
