"""supervisord keeps programs running, says what happens to them, and ends with its parent."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from embedded.errors import EmbeddedError
from embedded.servers import leftovers
from embedded.up.data_folder import DataFolder
from embedded.up.supervision import Event, Program, Supervisor, parse
from tests.waiting import eventually

FOREVER = [
    *(sys.executable, "-c"),
    "import time; print('up', flush=True); [time.sleep(1) for _ in iter(int, 1)]",
]


@pytest.mark.parametrize(
    ("line", "event"),
    [
        (
            "WARN exited: bridge (terminated by SIGKILL; not expected)",
            Event("died", "bridge", "terminated by SIGKILL"),
        ),
        (
            "INFO exited: sim (exit status 0; expected)",
            Event("died", "sim", "exit status 0"),
        ),
        ("INFO spawned: 'web' with pid 12", Event("started", "web", "12")),
        (
            "INFO success: web entered RUNNING state, process has stayed up for > than 1 seconds",
            Event("settled", "web"),
        ),
        (
            "INFO gave up: web entered FATAL state, too many start retries too quickly",
            Event("failed", "web"),
        ),
        ("INFO stopped: web (exit status 0)", None),
    ],
)
def test_its_log_lines_are_understood(line: str, event: Event | None) -> None:
    assert parse(f"2026-01-01 00:00:00,000 {line}") == event


ODD = '50% ; of #1 %(here)s, a folder\'s "name" für $HOME \\n `x`'


@pytest.fixture(params=["plain", ODD, "d" * 120])
def data(tmp_path: Path, request: pytest.FixtureRequest) -> DataFolder:
    return DataFolder(tmp_path / request.param)


@pytest.fixture
def supervisor(data: DataFolder) -> Iterator[Supervisor]:
    # The folder is an argument too, as it is to every server of ours.
    program = Program("one", [*FOREVER, str(data.path)])
    running = Supervisor([program], data, dict(os.environ))
    yield running
    running.stop()


def _pid(supervisor: Supervisor, *, start: int = 1) -> int:
    """The process of that start, once the program itself runs: a signal before may be lost."""
    eventually(lambda: supervisor.tail("one").count("up") == start, what=f"output of start {start}")
    pid: int = supervisor.processes()["one"]["pid"]
    return pid


def test_a_killed_program_is_restarted_and_said(supervisor: Supervisor) -> None:
    supervisor.wait_until_ready()
    supervisor.start("one")
    first = _pid(supervisor)
    assert psutil.Process(first).cmdline()[-1] == str(supervisor.data.path)
    os.kill(first, signal.SIGKILL)
    second = _pid(supervisor, start=2)
    seen: list[Event] = []

    def both() -> bool:
        seen.extend(supervisor.events())
        kinds = [event.kind for event in seen]
        return "died" in kinds and ("started", str(second)) in [(e.kind, e.detail) for e in seen]

    eventually(both, what=lambda: f"died and started, only {seen}")
    supervisor.stop()
    assert not psutil.pid_exists(second)
    assert not supervisor.data.control_socket.exists()


@pytest.mark.parametrize("data", ["plain"], indirect=True)
def test_everything_ends_when_the_parent_is_gone(supervisor: Supervisor) -> None:
    supervisor.wait_until_ready()
    supervisor.start("one")
    pid = _pid(supervisor)
    # What the kernel does when the parent is killed: both ends of ours are gone.
    assert supervisor._process.stdin is not None
    assert supervisor._process.stdout is not None
    supervisor._process.stdout.close()
    supervisor._process.stdin.close()
    eventually(lambda: not supervisor.is_running(), what="the end of supervisord")
    assert not psutil.pid_exists(pid)


@pytest.mark.parametrize("data", ["plain"], indirect=True)
def test_what_a_killed_supervisord_leaves_is_ended_by_the_next_start(
    supervisor: Supervisor,
) -> None:
    supervisor.wait_until_ready()
    supervisor.start("one")
    pid = _pid(supervisor)
    recorded = leftovers.record([supervisor.pid, pid, 2**22 + 1])
    assert len(recorded) == 2
    os.kill(supervisor.pid, signal.SIGKILL)
    eventually(lambda: not supervisor.is_running(), what="the end of supervisord")
    assert leftovers.is_alive(psutil.Process(pid))
    orphan = psutil.Process(pid)
    assert leftovers.end(recorded) == [pid]
    assert not leftovers.is_alive(orphan)


def test_a_number_in_use_again_by_another_process_is_left_alone() -> None:
    (mine,) = leftovers.record([os.getpid()])
    assert leftovers.end([[mine[0], mine[1] - 3600]]) == []
    assert leftovers.end([["garbage"], None, [1]]) == []


@pytest.mark.process
@pytest.mark.parametrize("data", ["plain"], indirect=True)
def test_a_supervisord_that_cannot_start_says_why(data: DataFolder) -> None:
    (data.logs / "supervisord.log").mkdir()
    broken = Supervisor([Program("one", FOREVER)], data, dict(os.environ))
    try:
        with pytest.raises(EmbeddedError, match=r"did not start:\n.+"):
            broken.wait_until_ready()
    finally:
        broken.stop()
