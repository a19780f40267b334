"""Clients that others wrote, run as devices use them: a Sparkplug library and ThingsBoard's SDK.

Each has its packages in a folder of its own, for they need other versions than ours, and is a
program beside this that ends when its standard input does. `tests/install-tools` installs them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.bridge_process import ROOT
from tests.waiting import eventually

HERE = Path(__file__).parent
SAID = "spoken"  # what a program says once its broker has what it says at its start
END_SECONDS = 60.0  # until one has said goodbye


class Peer:
    """One of them, at a broker."""

    def __init__(self, program: str, log: Path) -> None:
        self._packages = _packages(program)
        self._program = HERE / f"{program}.py"
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_installed(self) -> bool:
        return self._packages.is_dir()

    def speak(self, port: int) -> None:
        """Run it, and wait until it has spoken."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(self._program), str(port)],
                env={**os.environ, "PYTHONPATH": str(self._packages)},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        eventually(
            lambda: self._process.poll() is not None or SAID in self._log.read_text(),
            what=lambda: f"{self._program.name} speaks: {self._log.read_text()}",
        )
        assert self._process.poll() is None, self._log.read_text()

    def say_goodbye(self) -> None:
        assert self._process is not None
        self._process.communicate(timeout=END_SECONDS)
        assert self._process.returncode == 0, self._log.read_text()

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def _packages(program: str) -> Path:
    """Where they are, if they could be installed; a change of their list is another folder."""
    wanted = (HERE / f"{program}.txt").read_bytes()
    counted = subprocess.run(["cksum"], input=wanted, stdout=subprocess.PIPE, check=True)
    return ROOT / ".venv" / "peers" / f"{program}-{counted.stdout.split()[0].decode()}"
