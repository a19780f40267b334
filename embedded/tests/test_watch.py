"""One program that fails never ends the others, however often it is started again."""

from __future__ import annotations

import io
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded.errors import EmbeddedError
from embedded.servers.ports import free_port
from embedded.up import supervision, watch
from embedded.up.data_folder import DataFolder
from embedded.up.report import Screen
from embedded.up.supervision import Program, Supervisor
from embedded.up.watch import Watch
from tests.waiting import eventually

pytestmark = pytest.mark.process


class Watched:
    """Two programs under a watch: `good` runs, `bad` is a script that is not there yet."""

    def __init__(self, folder: Path) -> None:
        self.data = DataFolder(folder / "var")
        self.script = folder / "bad.py"
        programs = [
            Program("good", ["sleep", "1000"], settle_seconds=0, stop_seconds=1),
            Program("bad", [str(self.script)], settle_seconds=1, stop_seconds=1),
        ]
        self.out = io.StringIO()
        self.supervisor = Supervisor(programs, self.data, dict(os.environ))
        self.watch = Watch(
            self.supervisor, self.data, Screen(self.out), bridge_port=free_port(), folders=[]
        )

    def said(self, words: str) -> bool:
        self.watch.look()
        return words in self.out.getvalue()


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.setattr(supervision, "START_RETRIES", 0)
    monkeypatch.setattr(watch, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(watch, "MAX_RETRY_SECONDS", 0.2)
    found = Watched(tmp_path)
    try:
        found.supervisor.wait_until_ready()
        yield found
    finally:
        found.supervisor.stop()


def test_what_cannot_be_started_is_tried_again_until_it_can(watched: Watched) -> None:
    watched.supervisor.start("good")
    good = watched.supervisor.processes()["good"]["pid"]
    watched.script.write_text("#!/bin/sh\nexit 1\n")
    watched.script.chmod(0o755)
    watched.supervisor.start("bad")
    eventually(lambda: watched.said("bad keeps failing"), what=watched.out.getvalue)
    watched.script.unlink()  # now even the start itself fails
    eventually(lambda: watched.said("bad could not be started"), what=watched.out.getvalue)
    watched.script.write_text("#!/bin/sh\nexec sleep 1000\n")
    watched.script.chmod(0o755)
    eventually(lambda: watched.said("bad runs again"), what=watched.out.getvalue)
    assert watched.supervisor.processes()["good"]["pid"] == good


def test_each_try_waits_longer_up_to_a_bound(watched: Watched) -> None:
    pauses = [watched.watch._put_off("bad") for _ in range(5)]
    assert pauses == [0.05, 0.1, 0.2, 0.2, 0.2]


def test_a_note_that_cannot_be_written_ends_nothing(watched: Watched) -> None:
    watched.supervisor.start("good")
    watched.data.control_socket.unlink()
    watched.watch.note_processes()
    shutil.rmtree(watched.data.path)
    watched.watch.note_processes()
    watched.watch.look()


def test_the_end_of_supervisord_is_the_end(watched: Watched) -> None:
    os.kill(watched.supervisor.pid, signal.SIGTERM)
    eventually(lambda: not watched.supervisor.is_running(), what="the end of supervisord")
    with pytest.raises(EmbeddedError, match="supervisord"):
        watched.watch.look()
