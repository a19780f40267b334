"""Messages that came over HTTP and wait for their commit: where the flow of that way in begins."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import NamedTuple

from bridge.commit.batch_rows import Rows
from bridge.decode.items import Problem
from bridge.errors import BridgeError
from bridge.intake.batch import MAX_BATCH_BYTES, MAX_BATCH_MESSAGES
from devices.clock import count_us

MAX_WAITING_MESSAGES = 10_000  # then senders are asked to come again
MAX_WAITING_BYTES = 64 * 1024 * 1024  # of their payloads
RATE = 50.0  # messages a second of one device, on the long run
BURST = 100.0  # messages of one device at once after a pause


class Refused(BridgeError):
    """Nothing of the message is here, not even in quarantine."""


class BadToken(Refused):
    """No device has this token."""


class TooFast(Refused):
    """The device is over its rate."""

    def __init__(self, seconds: float, limit: str) -> None:
        super().__init__(seconds)
        self.seconds = seconds  # until it may come again
        self.limit = limit  # in words


class Unavailable(Refused):
    """The database cannot take the message now, or too many wait already."""


class Outcome(NamedTuple):
    """What became of one message, after COMMIT."""

    readings: int  # stored now or before
    problems: list[Problem]  # what was left out, the first bad element first
    rejected: bool  # nothing was stored, and the message is in quarantine

    @classmethod
    def of(cls, rows: Rows, index: int) -> Outcome:
        return cls(rows.readings_of(index), rows.problems.get(index, []), index in rows.rejected)


@dataclass(slots=True)
class QueuedMessage:
    """One message; whoever sent it waits for `answer`."""

    token: str
    topic: str  # as bridge.message.names_no_device has it
    payload: bytes
    received: int  # by `devices.clock.count_us`: the database may not have told its time yet
    answer: Future[Outcome] = field(default_factory=Future)


class MessageQueue:
    """Bounded queue. `put` is for any thread, `take` for the one that commits."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[QueuedMessage] = deque()
        self._bytes = 0
        self._closed = False

    def put(self, post: QueuedMessage) -> None:
        """Append it, or answer it when no more can wait."""
        with self._changed:
            size = self._bytes + len(post.payload)
            full = len(self._waiting) >= MAX_WAITING_MESSAGES or size > MAX_WAITING_BYTES
            if not full and not self._closed:
                self._waiting.append(post)
                self._bytes = size
                self._changed.notify()
                return
        post.answer.set_exception(Unavailable("too many messages wait"))

    def take(self, timeout: float) -> list[QueuedMessage] | None:
        """All that wait, as far as they may be one batch, or none after `timeout` seconds.

        None once the queue is closed and empty.
        """
        with self._changed:
            if not self._waiting and not self._closed:
                self._changed.wait(timeout)
            if self._closed and not self._waiting:
                return None
            taken: list[QueuedMessage] = []
            size = 0
            while self._waiting and len(taken) < MAX_BATCH_MESSAGES:
                size += len(self._waiting[0].payload)
                if taken and size > MAX_BATCH_BYTES:
                    break
                taken.append(self._waiting.popleft())
                self._bytes -= len(taken[-1].payload)
            return taken

    def oldest_age_ms(self) -> int:
        """How long the first that waits has waited; 0 when none does. For any thread."""
        with self._changed:
            first = self._waiting[0].received if self._waiting else None
        return max(0, count_us() - first) // 1_000 if first is not None else 0

    def close(self) -> None:
        """Let nothing more in. What waits can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify()
