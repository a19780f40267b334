"""One process of a stack under proof: how it is killed, frozen, ended and brought back."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

import psutil

from embedded.errors import EmbeddedError
from embedded.servers.account import Account
from embedded.servers.server import Server

READY_SECONDS = 60.0  # for a server to answer after its start; Postgres may have to recover
RETRY_SECONDS = 0.2  # between two starts: orphans of a killed Postgres must be gone first
POLL = 0.05  # seconds between two looks


class Part(ABC):
    """A process by name. `kill`, `stop` and `freeze` return once it is so."""

    name: str

    @property
    @abstractmethod
    def pid(self) -> int:
        """Its process, 0 while it does not run."""

    @abstractmethod
    def kill(self) -> None:
        """SIGKILL."""

    @abstractmethod
    def stop(self) -> None:
        """End it in order; it stays away until `start`."""

    @abstractmethod
    def start(self) -> None:
        """Have it run again, and wait until it answers."""

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        # Not the process group: each Postgres backend leads a session of its own.
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.pid)
            for one in (process, *process.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.send_signal(number)


class Child(Part):
    """A process that is our own child, with its output in a file."""

    def __init__(
        self,
        name: str,
        command: Callable[[], list[str]],
        log: Path,
        *,
        environment: dict[str, str] | None = None,
        server: Server | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self._command = command
        self._environment = environment
        self._server = server
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        return self._process.pid if self._process and self._process.poll() is None else 0

    def start(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            process = self._process = self._spawn()
            while process.poll() is None and time.monotonic() < deadline:
                if self._server is None or self._server.is_ready():
                    return
                time.sleep(POLL)
            if time.monotonic() > deadline:
                raise EmbeddedError(f"{self.name} does not answer; {self.log} may say why.")
            time.sleep(RETRY_SECONDS)

    def _spawn(self) -> subprocess.Popen[bytes]:
        account: Account | None = self._server.account if self._server else None
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 (our own programs)
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,  # Ctrl-C reaches the proof alone, which ends it in order
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        server, process = self._server, self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(server.stop_signal if server else signal.SIGTERM)
        try:
            process.wait(server.stop_seconds if server else Server.stop_seconds)
        except subprocess.TimeoutExpired:
            self.kill()


def peak_rss_mib(pid: int) -> float:
    """The most memory this process has had resident, in MiB; 0 when it is gone."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        return psutil.Process(pid).memory_info().rss / 2**20  # not Linux: only what it is now
    except (OSError, psutil.Error):
        return 0.0


def is_alive(pid: int) -> bool:
    """Whether a process of that number runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
