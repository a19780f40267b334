"""One process of a stack under proof: how it is killed, frozen, ended and brought back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

import psutil


class Part(Protocol):
    """A process by name: our own `Child`, or one under the supervisor of `up`. `kill`, `stop` and
    `freeze` return once it is so.
    """

    name: str

    @property
    def pid(self) -> int:
        """Its process, 0 while it does not run."""

    def kill(self) -> None:
        """SIGKILL."""

    def stop(self) -> object:
        """End it in order; it stays away until `start`."""

    def start(self) -> object:
        """Have it run again, and wait until it answers."""

    def freeze(self) -> None:
        """SIGSTOP, its children too."""

    def thaw(self) -> None:
        """SIGCONT, its children too."""


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
