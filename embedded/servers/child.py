"""The one way to run a server, or a program of ours, as our own child."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil

from embedded.errors import EmbeddedError
from embedded.servers import orphans
from embedded.servers.server import Server

READY_SECONDS = 180.0  # to answer after a start; Postgres may have to recover
RETRY_SECONDS = 0.2  # between two starts: orphans of a killed Postgres must be gone first
POLL_SECONDS = 0.02
FREEZE_SECONDS = 5.0  # for a signal to reach everybody; one that waits for its disk gets it later
STOP_SECONDS = 30.0  # for a program of ours to end in order; the bridge commits what it holds
TAIL_CHARACTERS = 4000  # of its output, shown when it does not answer


class Child:
    """A program and its output in a file. `kill`, `stop` and `freeze` return once it is so."""

    stop_seconds = STOP_SECONDS  # of a program that is no server, which has its own

    def __init__(
        self,
        name: str,
        command: Callable[[], list[str]],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        server: Server | None = None,
    ) -> None:
        """`server`, once prepared, says how it is asked, how it ends and whom it runs as."""
        self.name = name
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self.command = command
        self.environment = environment
        self._folder = folder
        self._server = server

    @classmethod
    def of(cls, server: Server, log: Path) -> Child:
        """A prepared server of ours."""
        return cls(server.key, lambda: server.command, log, server=server)

    def is_ready(self) -> bool:
        """Whether it answers; without a server to ask, whether it was started at all."""
        return self._server is None or self._server.is_ready()

    @property
    def pid(self) -> int:
        """Its process, 0 while it does not run."""
        return self.process.pid if self.process and self.process.poll() is None else 0

    def start(self) -> Self:
        """Run it until it answers; one that ends before is started again.

        Raises `EmbeddedError` with the end of its output after `READY_SECONDS`.
        """
        deadline = time.monotonic() + READY_SECONDS
        while True:
            self.spawn()
            while self.pid and time.monotonic() < deadline:
                if self.is_ready():
                    return self
                time.sleep(POLL_SECONDS)
            if time.monotonic() > deadline:
                self.kill()
                raise EmbeddedError(
                    f"{self.name} did not answer. The end of {self.log}:", self.tail()
                )
            time.sleep(RETRY_SECONDS)

    def spawn(self, *words: str) -> None:
        """Run it, with `words` after its command, and wait for nothing."""
        account = self._server.account if self._server else None
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 (our own programs)
                [*self.command(), *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                cwd=self._folder,
                start_new_session=True,  # Ctrl-C reaches whoever started it, who ends it in order
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        orphans.end_with_us(self.process.pid)

    def stop(self) -> int | None:
        """End it in order, or kill it when that takes too long; its exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            server = self._server
            self.process.send_signal(server.stop_signal if server else signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                return self.process.wait(server.stop_seconds if server else self.stop_seconds)
            self.process.kill()
        return self.process.wait()

    def kill(self) -> None:
        """SIGKILL."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def freeze(self) -> None:
        freeze_all(self.pid)

    def thaw(self) -> None:
        thaw_all(self.pid)

    def tail(self) -> str:
        """The end of its output."""
        try:
            return self.log.read_text(errors="replace")[-TAIL_CHARACTERS:]
        except OSError:
            return "(no output)"


def freeze_all(pid: int) -> None:
    """Stop a process and its children, and return once none of them runs: also what was forked
    while the others were looked at. Nobody is stopped when `pid` is 0 or gone."""
    deadline = time.monotonic() + FREEZE_SECONDS
    while (running := list(filter(_runs, _family(pid)))) and time.monotonic() < deadline:
        _send(running, signal.SIGSTOP)
        time.sleep(POLL_SECONDS)


def thaw_all(pid: int) -> None:
    """Let a process and its children go on."""
    _send(_family(pid), signal.SIGCONT)


def _family(pid: int) -> list[psutil.Process]:
    # Not the process group: each Postgres backend leads a session of its own.
    if pid:
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            return [process, *process.children(recursive=True)]
    return []


def _runs(process: psutil.Process) -> bool:
    try:
        return process.status() not in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _send(processes: list[psutil.Process], number: int) -> None:
    for one in processes:
        with suppress(psutil.NoSuchProcess):
            one.send_signal(number)
