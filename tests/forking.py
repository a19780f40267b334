"""Programs of ours as children of a test, forked from a process that has loaded what others made.

Started anew, each spends a second of processor time on the modules of Django, NumPy, Twisted and
the rest, and the tests start hundreds. Nothing of ours is loaded before: each child reads its own
environment and settings, runs the code as it is, and is a child of the test like any other.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from embedded.servers import orphans
from embedded.servers.child import Child
from embedded.up import forked
from tests import started

ROOT = Path(__file__).resolve().parent.parent
# What takes longest to import, and asks neither for settings nor for an event loop.
LOADED = (
    "asyncio", "autobahn.twisted.websocket", "cryptography.fernet", "cryptography.x509",
    "django.core.handlers.asgi", "django.core.mail", "django.core.management.base",
    "django.core.serializers.json", "django.db.backends.postgresql.base",
    "django.db.migrations.operations", "django.db.models", "django.forms", "django.shortcuts",
    "django.template.loader", "django.utils.translation.trans_real", "django.views.generic",
    "email.message", "markdown", "msgspec.json", "numpy", "paho.mqtt.client", "prometheus_client",
    "psutil", "psycopg", "psycopg_pool", "pygments.lexers", "redis.asyncio", "requests", "sqlparse",
    "twisted.web.http", "yaml", "zoneinfo",
)  # fmt: skip
MAX_REQUEST_BYTES = 1 << 20  # a command and an environment
RUN_SECONDS = 300.0  # of one that hangs, on a busy machine
PR_SET_CHILD_SUBREAPER = 36

_starting = threading.Lock()
_source: tuple[subprocess.Popen[bytes], socket.socket] | None = None  # of this process


class ForkedChild(Child):
    """A program of ours that is run by `python manage.py` or `python -m`."""

    def spawn(self, *words: str) -> None:
        if not spawn(self, *words):
            super().spawn(*words)


def spawn(child: Child, *words: str) -> bool:
    """As `Child.spawn`, if it is a program that can be forked; whether it is."""
    command = [*child.command(), *words]
    if sys.platform != "linux" or command[0] != sys.executable:
        return False
    environment = os.environ if child.environment is None else child.environment
    with child.log.open("ab") as log:
        child.process = start(command, environment, child._folder or Path.cwd(), log.fileno())
    orphans.end_with_us(child.process.pid)
    return True


class Forked(subprocess.Popen[bytes]):
    """A child that another process forked for us: waited for and sent signals as any other."""

    def __init__(self, args: list[str], pid: int) -> None:
        self.args, self.pid = args, pid
        self.stdin = self.stdout = self.stderr = self.returncode = None
        self._child_created = True
        self._waitpid_lock = threading.Lock()
        self._sigint_wait_secs = 0.25


def start(command: list[str], environment: Mapping[str, str], folder: Path, output: int) -> Forked:
    """A Python program as a child of this process, in a session of its own."""
    started.note(command[0])
    request = json.dumps([command, dict(environment), str(folder)]).encode()
    with _starting:
        _, there = _source or _start_source()
        # The process between ends at once, and its child is then of whoever adopts orphans.
        _adopt_orphans(True)
        try:
            socket.send_fds(there, [request], [output])
            answer = there.recv(MAX_REQUEST_BYTES)
        finally:
            _adopt_orphans(False)
    if not answer:
        raise OSError("The process that the tests fork their children from has ended.")
    return Forked(command, int(answer))


def run(
    command: list[str],
    environment: Mapping[str, str],
    folder: Path = ROOT,
    within: float = RUN_SECONDS,
) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run` of a Python program that ends by itself, given nothing to read; its
    `stdout` is all it said. Raises `subprocess.TimeoutExpired`, and then it is killed."""
    with tempfile.TemporaryFile() as said:
        process = begin(command, environment, folder, said.fileno())
        try:
            status = process.wait(within)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        said.seek(0)
        return subprocess.CompletedProcess(command, status, said.read().decode(errors="replace"))


def begin(
    command: list[str], environment: Mapping[str, str], folder: Path, output: int
) -> subprocess.Popen[bytes]:
    """As `start`; anew where nothing can be forked."""
    if sys.platform == "linux":
        return start(command, environment, folder, output)
    return subprocess.Popen(
        command,
        env=dict(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )


def _adopt_orphans(yes: bool) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, int(yes), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def _start_source() -> tuple[subprocess.Popen[bytes], socket.socket]:
    global _source  # noqa: PLW0603 (of the process)
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with there:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.forking"],
            cwd=ROOT,
            stdin=there,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    _source = process, here
    atexit.register(_end_source)
    return _source


def fork_source() -> None:
    """Have the children of this process, which is a fork itself, forked from what it is now. It may
    have no thread yet, and nothing loaded that reads an environment."""
    global _source  # noqa: PLW0603 (of the process)
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if not (number := os.fork()):
        os.setsid()
        here.close()
        _fork_for(there)
        os._exit(0)
    there.close()
    _source = Forked([__name__], number), here
    atexit.register(_end_source)


def _end_source() -> None:
    if _source:
        process, here = _source
        here.close()
        process.wait()


def main() -> None:
    """Fork whatever is asked for, until nobody is there to ask."""
    for name in LOADED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    _fork_for(socket.socket(fileno=os.dup(0)))


def _fork_for(asked: socket.socket) -> None:
    heard, told = os.pipe()
    while True:
        request, files, _, _ = socket.recv_fds(asked, MAX_REQUEST_BYTES, 1)
        if not request:
            return
        between = os.fork()
        if not between:
            child = os.fork()
            if not child:
                asked.close()
                _be(*json.loads(request), files[0])
            os.write(told, str(child).encode())
            os._exit(0)
        os.close(files[0])
        os.waitpid(between, 0)  # so whoever asked has adopted it by now
        asked.send(os.read(heard, MAX_REQUEST_BYTES))


def _be(command: list[str], environment: dict[str, str], folder: str, output: int) -> NoReturn:
    os.setsid()
    os.chdir(folder)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    for number in (1, 2):
        os.dup2(output, number)
    os.close(output)
    os.environ.clear()
    sys.path[0] = folder
    if environment.get("PYTHONUNBUFFERED"):
        sys.stdout.reconfigure(write_through=True)  # type: ignore[union-attr]
    forked.run(command, environment)


if __name__ == "__main__":
    main()
