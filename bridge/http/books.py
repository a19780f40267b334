"""The books of a web process: what came over HTTP, and how it ended."""

from __future__ import annotations

import threading
from dataclasses import asdict

from bridge.commit.inbox import BatchResult


class Books:
    """For any thread. Messages; received = in flight + those that ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._received = 0
        self._in_flight = 0
        self._ended = BatchResult()

    def receive(self, count: int) -> None:
        """So many messages are to be committed."""
        with self._lock:
            self._received += count
            self._in_flight += count

    def end(self, result: BatchResult) -> None:
        """These are committed."""
        with self._lock:
            self._in_flight -= result.total()
            self._ended.add(result)

    def give_up(self) -> None:
        """Of what is in flight the senders are told that nothing is here."""
        with self._lock:
            self._received -= self._in_flight
            self._in_flight = 0

    def snapshot(self) -> dict[str, int]:
        """What stands in them, by the names of docs/live-protocol.md."""
        with self._lock:
            now = {"received": self._received, "in_flight": self._in_flight}
            return now | asdict(self._ended)
