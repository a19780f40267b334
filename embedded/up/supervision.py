"""The processes of `manage.py up`, run and restarted by supervisord."""

from __future__ import annotations

import os
import re
import resource
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedded.errors import EmbeddedError
from embedded.up.control import call
from embedded.up.data_folder import DataFolder

LOG_BYTES = 5_000_000  # per log file before it is rotated
LOG_BACKUPS = 2  # rotated files kept
START_RETRIES = 8  # failures in a row, one second longer apart each, before it is called failed
START_SECONDS = 60.0  # for supervisord to answer
PREFIX = "SUPERVISED_"  # of the variables that hand supervisord paths and commands
MAX_OPEN_FILES = 32_768  # per process, if the machine allows: one per browser and
# connection; three per device in the front of iotcore
TAIL_LINES = 15  # of a log, shown with an error

_EXITED = re.compile(r"exited: (\S+) \((.+?); (?:not )?expected\)")
_SPAWNED = re.compile(r"spawned: '(\S+)' with pid (\d+)")
_RUNNING = re.compile(r"success: (\S+) entered RUNNING state")
_GAVE_UP = re.compile(r"gave up: (\S+) entered FATAL state")


@dataclass(frozen=True, slots=True)
class Program:
    """One supervised process."""

    name: str
    command: list[str]
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: int = 20  # before it is killed
    settle_seconds: int = 1  # an end sooner than this is a failed start, tried again more slowly

    @property
    def variable(self) -> str:
        """The environment variable that hands supervisord the command."""
        return f"{PREFIX}{self.name.upper()}"

    def section(self) -> str:
        # Started one by one, each when what it needs is ready. Stopping as a group is right for
        # none of them: Postgres would end its own children in the wrong order.
        lines = [
            f"[program:{self.name}]",
            f"command=%(ENV_{self.variable})s",
            "autostart=false",
            "autorestart=true",
            f"startsecs={self.settle_seconds}",
            f"startretries={START_RETRIES}",
            f"stopsignal={self.stop_signal.name.removeprefix('SIG')}",
            f"stopwaitsecs={self.stop_seconds}",
            "redirect_stderr=true",
            f"stdout_logfile=%(ENV_{PREFIX}LOGS)s/{self.name}.log",
            f"stdout_logfile_maxbytes={LOG_BYTES}",
            f"stdout_logfile_backups={LOG_BACKUPS}",
        ]
        if self.user:
            lines.append(f"user={self.user}")
        return "\n".join(lines)


def configuration(programs: Iterable[Program]) -> str:
    """supervisord.conf, without a single path: see `words`. Programs end in the reverse of their
    order here.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_OPEN_FILES)
    head = [
        "[unix_http_server]",
        f"file=%(ENV_{PREFIX}SOCKET)s",
        "chmod=0600",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
        "[supervisord]",
        f"logfile=%(ENV_{PREFIX}DATA)s/logs/supervisord.log",
        f"logfile_maxbytes={LOG_BYTES}",
        f"logfile_backups={LOG_BACKUPS}",
        f"pidfile=%(ENV_{PREFIX}DATA)s/supervisord.pid",
        f"childlogdir=%(ENV_{PREFIX}DATA)s/logs",
        f"minfds={files}",
    ]
    if os.geteuid() == 0:
        head.append("user=root")  # said on purpose: silences its warning about root
    ordered = [
        f"{program.section()}\npriority={number}"
        for number, program in enumerate(programs, start=1)
    ]
    return "\n".join([*head, *ordered]) + "\n"


def words(programs: Iterable[Program], data: DataFolder) -> dict[str, str]:
    """What the configuration refers to. In the file itself a folder called `50% #2` would be read
    as a variable and a comment, and one with an umlaut as whatever the locale makes of it.
    """
    return {
        f"{PREFIX}SOCKET": str(data.control_socket),
        f"{PREFIX}DATA": str(data.path),
        # It fills in the variables of a log file's name twice.
        f"{PREFIX}LOGS": str(data.logs).replace("%", "%%"),
        **{program.variable: shlex.join(program.command) for program in programs},
    }


@dataclass(frozen=True, slots=True)
class Event:
    """Something supervisord said about a process: `died`, `started`, `settled` or `failed`."""

    kind: str
    name: str
    detail: str = ""


def parse(line: str) -> Event | None:
    """The event in one line of supervisord's log, if there is one."""
    if found := _EXITED.search(line):
        return Event("died", found[1], found[2])
    if found := _SPAWNED.search(line):
        return Event("started", found[1], found[2])
    if found := _RUNNING.search(line):
        return Event("settled", found[1])
    if found := _GAVE_UP.search(line):
        return Event("failed", found[1])
    return None


class Supervisor:
    """A running supervisord, our child, told what to do over its socket."""

    def __init__(
        self, programs: list[Program], data: DataFolder, environment: dict[str, str]
    ) -> None:
        self.data = data
        self._stop_seconds = sum(program.stop_seconds for program in programs) + 5
        data.supervisor_conf.write_text(configuration(programs), encoding="ascii")
        data.control_socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(  # noqa: S603 (our own module)
            [sys.executable, "-m", "embedded.up.supervised", str(data.supervisor_conf)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**environment, **words(programs, data)},
            cwd=Path(__file__).resolve().parents[2],
            start_new_session=True,  # Ctrl-C reaches us alone, and we end things in order
        )
        assert self._process.stdout is not None  # noqa: S101 (asked for above)
        self._output = self._process.stdout
        os.set_blocking(self._output.fileno(), False)
        self._partial = b""

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.is_running():
            try:
                self._call("getState")
            except EmbeddedError:
                time.sleep(0.02)
            else:
                return
        said = "\n".join(self._lines()[-TAIL_LINES:])
        raise EmbeddedError(f"supervisord did not start:\n{said}")

    def is_running(self) -> bool:
        return self._process.poll() is None

    def start(self, name: str) -> None:
        """Start one program and return at once."""
        self._call("startProcess", name, False)

    def restart(self, name: str) -> None:
        """End one program in order, and start it again."""
        self._call("stopProcess", name, True)
        self.start(name)

    def processes(self) -> dict[str, dict[str, Any]]:
        """supervisord's view of each program, by name."""
        return {info["name"]: info for info in self._call("getAllProcessInfo")}

    def events(self) -> list[Event]:
        """What happened since the last call."""
        return [event for line in self._lines() if (event := parse(line))]

    def tail(self, name: str) -> str:
        """The end of a program's log."""
        try:
            text = (self.data.logs / f"{name}.log").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return "(no log)"
        return "\n".join(text.splitlines()[-TAIL_LINES:])

    def stop(self) -> None:
        """End every program, last started first, then supervisord itself."""
        if self.is_running():
            self._process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + self._stop_seconds
        while self.is_running() and time.monotonic() < deadline:
            self._lines()  # a full pipe would stop it
            time.sleep(0.02)
        if self.is_running():
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self.data.control_socket.unlink(missing_ok=True)

    def _call(self, method: str, *arguments: Any) -> Any:
        return call(self.data, method, *arguments)

    def _lines(self) -> list[str]:
        while chunk := self._read():
            self._partial += chunk
        *whole, self._partial = self._partial.split(b"\n")
        return [line.decode(errors="replace") for line in whole]

    def _read(self) -> bytes:
        try:
            return os.read(self._output.fileno(), 65_536)
        except BlockingIOError:
            return b""
