"""The lock on a spool: one process uses it at a time, under a name that nobody else has."""

from __future__ import annotations

import fcntl
import uuid
from pathlib import Path
from typing import TextIO

from bridge.errors import BridgeError


class SpoolBusy(BridgeError):
    """Another process uses this worker's spool."""


class SpoolLock:
    """Held from the start; the file beside the spool holds the owner's name."""

    def __init__(self, path: Path) -> None:
        """`path` of the spool. Raises `SpoolBusy`, and `OSError` when the folder cannot be used."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in (path, path.with_suffix(".lock")):
            # What devices say is nobody else's to read. SQLite gives the files beside it its mode.
            name.touch(mode=0o600)
            name.chmod(0o600)
        self._file = path.with_suffix(".lock").open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            self._file.close()
            raise SpoolBusy(f"{path} is in use by another process") from exc
        self.owner = _owner_in(self._file)

    def release(self) -> None:
        self._file.close()


def _owner_in(file: TextIO) -> str:
    """A name nobody else has, the same after a restart: whoever holds the lock may use it."""
    file.seek(0)
    found = file.read().strip()
    if not found:
        found = uuid.uuid4().hex
        file.write(found)
        file.flush()
    return found
