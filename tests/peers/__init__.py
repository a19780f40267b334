"""What others wrote, run as devices use it: a Sparkplug library, ThingsBoard's SDK, Node-RED.

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
        self._name = program
        self._is_script = (HERE / f"{program}.mjs").exists()
        wanted = f"{program}/package-lock.json" if self._is_script else f"{program}.txt"
        self._packages = _packages(program, HERE / wanted)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_installed(self) -> bool:
        return self._packages.is_dir()

    def speak(self, port: int, *words: str) -> None:
        """Run it, and wait until it has spoken. What else it is told is its own."""
        command = [sys.executable, str(HERE / f"{self._name}.py")]
        if self._is_script:
            command = ["node", str(HERE / f"{self._name}.mjs"), str(self._packages)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, str(port), *words],
                env={**os.environ, "PYTHONPATH": str(self._packages)},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        eventually(
            lambda: self._process.poll() is not None or SAID in self._log.read_text(),
            what=lambda: f"{self._name} speaks: {self._log.read_text()}",
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


def _packages(program: str, wanted: Path) -> Path:
    """Where they are, if they could be installed; a change of their list is another folder."""
    counted = subprocess.run(
        ["cksum"], input=wanted.read_bytes(), stdout=subprocess.PIPE, check=True
    )
    return ROOT / ".venv" / "peers" / f"{program}-{counted.stdout.split()[0].decode()}"
