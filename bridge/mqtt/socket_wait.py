"""Waiting for one socket, in a way that other threads can end."""

from __future__ import annotations

import contextlib
import selectors
import socket
from collections.abc import Iterator
from typing import Any


class SocketWait:
    """`wake` is for any thread, also in a signal handler; the rest for the one that waits."""

    def __init__(self) -> None:
        self._wake_receive, self._wake_send = socket.socketpair()
        self._wake_receive.setblocking(False)
        self._wake_send.setblocking(False)
        self._selector: selectors.BaseSelector

    def wake(self) -> None:
        """End the wait under way, or else the next."""
        # Full of wake-ups already; or closed, when a second signal comes at the very end.
        with contextlib.suppress(OSError):
            self._wake_send.send(b"\0")

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """For as long as one socket lasts."""
        with selectors.DefaultSelector() as self._selector:
            self._selector.register(self._wake_receive, selectors.EVENT_READ)
            yield

    def wait(self, sock: Any, wanted: int, seconds: float) -> int | None:
        """What of `wanted` the socket is ready for (events of `selectors`), when it is or somebody
        wakes us; None when neither has happened for so long."""
        self._watch(sock, wanted)
        ready = self._selector.select(seconds)
        events = 0
        for key, found in ready:
            if key.fileobj is self._wake_receive:
                self._wake_receive.recv(4096)
            else:
                events = found
        return events if ready else None

    def _watch(self, sock: Any, wanted: int) -> None:
        registered = self._selector.get_map().get(sock)
        if registered is None:
            if wanted:
                self._selector.register(sock, wanted)
        elif not wanted:
            self._selector.unregister(sock)
        elif registered.events != wanted:
            self._selector.modify(sock, wanted)

    def close(self) -> None:
        """Nobody waits any more."""
        self._wake_receive.close()
        self._wake_send.close()
