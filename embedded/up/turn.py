"""One start at a time on this machine: two that choose ports at once would choose the same."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

WAIT_SECONDS = 180.0  # for another start to be done; then we go on: it may be stuck
POLL_SECONDS = 0.1
NAME = "pulseboard-start.lock"


class Turn:
    """Held from the choice of the ports until all of them are listened on."""

    def __init__(self) -> None:
        self._file: int | None = None

    def take(self, say: Callable[[str], None]) -> None:
        """Wait for it, and `say` so when that takes a moment."""
        try:
            self._file = _open(Path(tempfile.gettempdir()) / NAME)
        except OSError:
            return  # no folder for temporary files: nothing to agree in
        deadline = time.monotonic() + WAIT_SECONDS
        waiting = False
        while time.monotonic() < deadline:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not waiting:
                    say("Another start on this machine is choosing its ports; waiting for it.")
                waiting = True
                time.sleep(POLL_SECONDS)
            else:
                return

    def give_up(self) -> None:
        """Let the next one start; harmless when it is not held."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _open(path: Path) -> int:
    """The file, whoever made it: in a folder that is everybody's, O_CREAT is refused for a file of
    another user's (fs.protected_regular).
    """
    with suppress(FileNotFoundError):
        return os.open(path, os.O_RDWR)
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        os.fchmod(descriptor, 0o666)
        return descriptor
    return os.open(path, os.O_RDWR)
