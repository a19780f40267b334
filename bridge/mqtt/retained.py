"""Retained messages that wait to be sent: of each topic only the newest."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from itertools import islice

MAX_WAITING = 20_000  # topics; what finds no room is not taken


class Retained:
    """Any thread gives, the network thread takes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, bytes] = {}

    def put(self, messages: Mapping[str, bytes]) -> bool:
        """Leave payloads by topic to be sent; an empty one deletes what the broker keeps. False
        when there is no room, and nothing was taken."""
        with self._lock:
            if len(self._waiting) + len(messages) > MAX_WAITING:
                return False
            self._waiting.update(messages)
            return True

    def take(self, most: int) -> list[tuple[str, bytes]]:
        """So many of them, the oldest first."""
        with self._lock:
            taken = list(islice(self._waiting.items(), most))
            for topic, _ in taken:
                del self._waiting[topic]
            return taken

    def is_empty(self) -> bool:
        return not self._waiting
