"""The one way to run a program as our child."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from embedded.errors import EmbeddedError
from embedded.servers import child as children
from embedded.servers import leftovers
from embedded.servers.child import Child
from tests.servers import RunningServer
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.process
FOREVER = "import sys, time; print('up', *sys.argv[1:], flush=True)\nwhile True: time.sleep(1)"


@pytest.fixture
def forever(tmp_path: Path) -> Child:
    return Child("forever", lambda: [sys.executable, "-c", FOREVER], tmp_path / "log")


def test_words_output_and_the_end(forever: Child) -> None:
    assert forever.pid == 0
    assert forever.stop() is None
    forever.spawn("one", "two")
    try:
        eventually(lambda: "up one two" in forever.tail(), what=forever.tail)
        assert forever.stop() == -15
    finally:
        forever.kill()
    assert forever.pid == 0


def test_one_that_does_not_end_in_time_is_killed(tmp_path: Path) -> None:
    stubborn = f"import signal; signal.signal(15, signal.SIG_IGN)\n{FOREVER}"
    child = Child("stubborn", lambda: [sys.executable, "-c", stubborn], tmp_path / "log")
    child.stop_seconds = 0.1
    child.start()
    eventually(lambda: "up" in child.tail(), what=child.tail)
    assert child.stop() == -9


def test_one_that_never_answers_is_given_up_with_what_it_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "READY_SECONDS", 1.0)

    class Silent(Child):
        def is_ready(self) -> bool:
            return False

    child = Silent("silent", lambda: [sys.executable, "-c", "print('why')"], tmp_path / "log")
    with pytest.raises(EmbeddedError, match="silent did not answer") as given_up:
        child.start()
    assert "why" in given_up.value.remedy
    assert child.pid == 0


def test_children_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent = tmp_path / "parent.py"
    parent.write_text(
        "import sys, time\nfrom pathlib import Path\nfrom embedded.servers.child import Child\n"
        f"here = Path({str(tmp_path)!r})\n"
        f"running = Child('forever', lambda: [sys.executable, '-c', {FOREVER!r}], here / 'log')\n"
        "print(running.start().pid, flush=True)\ntime.sleep(1000)\n"
    )
    words = [sys.executable, str(parent)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=environment) as killed:
        try:
            assert killed.stdout is not None
            child = psutil.Process(int(killed.stdout.readline()))
            beside = psutil.Process(killed.pid).children()
            assert len(beside) == 2
            assert all(map(leftovers.is_alive, beside))
        finally:
            killed.kill()
    eventually(lambda: not leftovers.is_alive(child), what="the child is ended")
    eventually(lambda: not any(map(leftovers.is_alive, beside)), what="nothing is left")


# A child that had ended just before waits for its frozen parent to take notice.
STILL = {psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE}
FORKING = (
    "import os, signal, time\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
    "print('up', flush=True)\n"
    "while True:\n    time.sleep(0.001)\n    if not os.fork(): time.sleep(0.05); os._exit(0)"
)


def states_of(processes: list[psutil.Process]) -> set[str]:
    return {one.status() for one in processes}


def test_one_that_forks_is_frozen_with_all_its_children_at_once(tmp_path: Path) -> None:
    child = Child("forking", lambda: [sys.executable, "-c", FORKING], tmp_path / "log").start()
    try:
        eventually(lambda: "up" in child.tail(), what=child.tail)
        frozen = psutil.Process(child.pid)
        for _ in range(20):
            child.freeze()
            assert states_of([frozen, *frozen.children(recursive=True)]) <= STILL
            child.thaw()
            eventually(lambda: frozen.status() not in STILL, what="it goes on")
    finally:
        child.thaw()
        child.kill()


def test_a_server_is_frozen_with_its_children(postgres_server: RunningServer) -> None:
    postgres_server.freeze()
    try:
        family = psutil.Process(postgres_server.pid).children(recursive=True)
        assert family
        assert states_of(family) <= STILL
    finally:
        postgres_server.thaw()
    eventually(postgres_server.server.is_ready, what="it answers again")
