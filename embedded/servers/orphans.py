"""Ends our children when we are killed before we could.

`python -m embedded.servers.orphans`, one beside each process that has children: standard input is a
pipe the parent keeps open, with a line for each child. When it closes, even because the parent was
killed with -9, those that still run are ended. (The kernel's own signal at the death of a parent
would come at the death of the thread that started the child.)
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from embedded.servers import leftovers

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
END_SECONDS = 5.0  # for it to see that nothing is left to end

_starting = threading.Lock()
_running: dict[int, subprocess.Popen[bytes]] = {}  # by process id: a fork has children of its own


def end_with_us(pid: int) -> None:
    """Have this child of ours ended when we are gone. A process that gave up its rights may not be
    able to start the program that does it: then the child runs all the same, and that is told."""
    with _starting:
        found = _running.get(os.getpid())
        if found is None or found.poll() is not None:
            try:
                found = _running[os.getpid()] = _start()
            except OSError as exc:
                logger.warning("if this process is killed, process %d goes on: %s", pid, exc)
                return
        if found.stdin is not None:
            found.stdin.write(json.dumps(leftovers.record([pid])).encode() + b"\n")
            found.stdin.flush()


def _start() -> subprocess.Popen[bytes]:
    started = subprocess.Popen(
        [sys.executable, "-m", "embedded.servers.orphans"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        start_new_session=True,  # whatever ends us must not end it first
    )
    atexit.register(_leave, started, os.getpid())
    return started


def _leave(started: subprocess.Popen[bytes], pid: int) -> None:
    if pid == os.getpid() and started.stdin is not None:
        with suppress(OSError, subprocess.TimeoutExpired):
            started.stdin.close()
            started.wait(END_SECONDS)


def main() -> None:
    children = [entry for line in sys.stdin for entry in json.loads(line)]
    leftovers.end(children)


if __name__ == "__main__":
    main()
