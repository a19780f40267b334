"""Ports that a start has chosen and nobody listens on yet: two starts choose none in common."""

from __future__ import annotations

import fcntl
import os
import tempfile
from contextlib import suppress
from pathlib import Path

NAME = "pulseboard-ports.lock"
IPV6 = 65_536  # where the ports of IPv6 begin in the file


class Claims:
    """One process's. Each is a lock on a byte of a file that every start on this machine shares, so
    none outlives its process, however that ends, and nobody waits for another.

    Held until the end, not until they are listened on: a server that is restarted leaves its port
    for a moment.
    """

    def __init__(self) -> None:
        self._file: int | None = None
        # Without a folder for temporary files there is nothing to agree in: everything is ours.
        with suppress(OSError):
            self._file = _open(Path(tempfile.gettempdir()) / NAME)

    def take(self, port: int, host: str) -> bool:
        """Whether it is ours now; False when another process has it."""
        if self._file is not None:
            try:
                fcntl.lockf(
                    self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port + IPV6 * (":" in host)
                )
            except (BlockingIOError, PermissionError):  # which of them, the system chooses
                return False
        return True

    def give_up(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _open(path: Path) -> int:
    """The file, whoever made it: in a folder that is everybody's, O_CREAT is refused for a file of
    another user's (fs.protected_regular). No link is followed: somebody may have put one there, to
    a device that does something when it is opened.
    """
    how = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK
    with suppress(FileNotFoundError):
        return os.open(path, how)
    with suppress(FileExistsError):
        descriptor = os.open(path, how | os.O_CREAT | os.O_EXCL)
        os.fchmod(descriptor, 0o666)
        return descriptor
    return os.open(path, how)
