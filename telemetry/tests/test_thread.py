"""No thread ends unseen."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator

import pytest

from telemetry.workers import thread as module
from telemetry.workers.thread import WorkingThread, troubles
from tests.waiting import eventually


class Example(WorkingThread):
    def __init__(self, do: Callable[[Example], None]) -> None:
        super().__init__("example")
        self.do = do
        self.left = False

    def work(self) -> None:
        self.do(self)

    def leave(self) -> None:
        self.left = True


@pytest.fixture
def start() -> Iterator[Callable[[Callable[[Example], None]], Example]]:
    started = []

    def start(do: Callable[[Example], None]) -> Example:
        started.append(Example(do))
        started[-1].start()
        return started[-1]

    yield start
    for each in started:
        each.stopping.set()
        each.join()


@pytest.mark.parametrize("error", [ValueError("of ours"), SystemExit(1), MemoryError()])
def test_a_loop_that_raises_is_told_with_its_traceback_and_starts_again(
    start, caplog, error: BaseException
) -> None:
    turns = []

    def do(each: Example) -> None:
        turns.append(1)
        if len(turns) < 3:
            raise error
        each.stopping.wait()

    example = start(do)
    eventually(lambda: len(turns) == 3)
    assert example.failures == 2
    assert type(error).__name__ in example.trouble()  # not well yet: it has just failed
    told = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(told) == 2
    assert told[0].exc_info is not None
    example.stopping.set()
    example.join()
    assert example.left


def test_what_fails_again_and_again_is_in_trouble_until_it_has_gone_well_for_a_while(
    start, monkeypatch
) -> None:
    fails = threading.Event()
    fails.set()

    def do(each: Example) -> None:
        while not each.stopping.wait(0.01):
            each.turn()
            if fails.is_set():
                raise ValueError("again")

    example = start(do)
    eventually(lambda: example.failures > 2)
    assert "again" in troubles()["example"]
    fails.clear()
    monkeypatch.setattr(module, "FAILING_FOR", 0.5)
    eventually(lambda: troubles()["example"] == "")


def test_one_that_stands_still_is_in_trouble_and_one_that_waits_for_others_is_not(
    start, monkeypatch
) -> None:
    monkeypatch.setattr(module, "STUCK_AFTER", 0.2)
    free, waits = threading.Event(), threading.Event()

    def do(each: Example) -> None:
        with each.waiting_for("database"):
            free.wait()
        waits.set()
        each.stopping.wait()

    example = start(do)
    eventually(lambda: example.waits("database") > 0.4)
    assert example.waits("redis") == 0.0
    assert example.trouble() == ""
    free.set()
    assert waits.wait(60)
    assert example.waits("database") == 0.0
    eventually(lambda: "stood still" in example.trouble())


def test_one_that_ends_without_being_told_to_is_in_trouble(start) -> None:
    example = start(lambda _: None)
    example.join()
    assert troubles()["example"] == "it has ended"
