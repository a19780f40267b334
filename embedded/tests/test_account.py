"""As root, servers run as somebody else, in a folder that somebody can reach."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from embedded.servers import account, postgres
from embedded.servers.account import Account, can_reach, own_folder, reachable_program, unprivileged
from embedded.servers.mqtt import Mosquitto
from embedded.servers.ports import free_port, is_free
from embedded.servers.postgres import Postgres, wheel_tree
from embedded.servers.redis import Redis
from tests.servers import RunningServer
from tests.waiting import eventually

SOMEBODY = Account("somebody", uid=61_234, gid=61_234)


def test_a_closed_folder_above_is_out_of_reach(server_folder: Path) -> None:
    inner = server_folder / "closed" / "inner"
    inner.mkdir(parents=True)
    assert can_reach(SOMEBODY, inner)
    (server_folder / "closed").chmod(0o700)
    assert not can_reach(SOMEBODY, inner)
    assert not can_reach(SOMEBODY, inner / "not made yet")


@pytest.mark.process
def test_a_server_works_in_a_folder_its_account_could_not_reach(
    server_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "SHARED_ROOT", server_folder / "shared")
    closed = server_folder / "closed"
    closed.mkdir(mode=0o700)
    running = RunningServer(Postgres(closed / "postgres", free_port()))
    try:
        eventually(running.start().server.is_ready)
    finally:
        running.stop()
    linked = (closed / "postgres").is_symlink()
    assert linked == (os.geteuid() == 0)
    # The next start finds the same data, and a deleted target is made again.
    assert own_folder(closed / "postgres", unprivileged()) == running.server.folder
    shutil.rmtree(running.server.folder)
    assert own_folder(closed / "postgres", unprivileged()).is_dir()


def test_a_data_folder_moved_out_of_reach_keeps_its_data(
    server_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "SHARED_ROOT", server_folder / "shared")
    before = own_folder(server_folder / "open" / "postgres", unprivileged())
    (before / "kept").write_text("rows")
    (server_folder / "open").chmod(0o700)
    assert (own_folder(server_folder / "open" / "postgres", unprivileged()) / "kept").exists()
    assert (server_folder / "open" / "postgres" / "kept").read_text() == "rows"


def test_the_folder_of_a_server_is_closed_to_others(server_folder: Path) -> None:
    place = own_folder(server_folder / "inner", unprivileged())
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


def test_programs_out_of_reach_are_copied_once(
    server_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "SHARED_ROOT", server_folder / "shared")
    tree = server_folder / "closed" / "tree"
    tree.mkdir(parents=True)
    (tree / "program").write_text("#!/bin/sh\n")
    (tree / "program").chmod(0o755)
    assert reachable_program(tree, tree / "program", SOMEBODY) == tree / "program"
    (server_folder / "closed").chmod(0o700)
    copy = reachable_program(tree, tree / "program", SOMEBODY)
    assert copy != tree / "program"
    assert can_reach(SOMEBODY, copy)
    assert reachable_program(tree, tree / "program", SOMEBODY) == copy


def _as_ordinary_user(work: Callable[[], None]) -> tuple[int, str]:
    """Run `work` in a child without root's rights; its exit status and what went wrong.

    A fork, not a new interpreter: root's Python may be out of an ordinary user's reach.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            if somebody := unprivileged():
                os.setgroups([])
                os.setgid(somebody.gid)
                os.setuid(somebody.uid)
            work()
            status = 0
        except BaseException:  # noqa: BLE001 (the parent shows it)
            os.write(writer, traceback.format_exc().encode())
        finally:
            sys.stdout.flush()
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said


def test_an_ordinary_user_runs_every_server(
    server_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody = unprivileged()
    program = reachable_program(wheel_tree(), wheel_tree() / "bin" / "postgres", somebody)
    monkeypatch.setattr(postgres, "wheel_tree", lambda: program.parent.parent)
    mine = server_folder / "mine"
    mine.mkdir()
    if somebody:
        os.chown(mine, somebody.uid, somebody.gid)
    ports = [free_port() for _ in range(3)]

    def work() -> None:
        for kind, port in zip((Postgres, Redis, Mosquitto), ports, strict=True):
            running = RunningServer(kind(mine / kind.key, port))
            try:
                eventually(running.start().server.is_ready)
            finally:
                running.stop()

    assert _as_ordinary_user(work) == (0, "")
    assert all(is_free(port) for port in ports)
