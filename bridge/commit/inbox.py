"""Batches on their way from the network thread to the writer thread, and the books that balance.

While one batch commits the next fills; a writer with nothing to do takes whatever there is at once.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from bridge.intake.batch import Batch

# Received and not yet finished; then reading from the broker pauses.
MAX_IN_FLIGHT_MESSAGES = 60_000
MAX_IN_FLIGHT_BYTES = 256 * 1024 * 1024  # of their payloads


@dataclass(slots=True)
class BatchResult:
    """How the messages of one batch ended."""

    stored: int = 0
    duplicate: int = 0
    rejected: int = 0
    spooled: int = 0

    def total(self) -> int:
        return self.stored + self.duplicate + self.rejected + self.spooled

    def add(self, other: BatchResult) -> None:
        self.stored += other.stored
        self.duplicate += other.duplicate
        self.rejected += other.rejected
        self.spooled += other.spooled


class Inbox:
    """Bounded queue of batches. `put` is for the network thread, the rest for the writer thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._sealed: deque[Batch] = deque()
        self._open: Batch | None = None
        self._taken: Batch | None = None
        self._received = 0
        self._ended = BatchResult()
        self._in_flight_bytes = 0
        self._closed = False

    def put(self, batch: Batch) -> None:
        """Append received messages; while the writer is busy they join those that wait."""
        with self._changed:
            self._received += len(batch.messages)
            self._in_flight_bytes += batch.size
            if self._open is None:
                self._open = batch
            elif self._open.has_room_for(batch):
                self._open.extend(batch)
            else:
                self._sealed.append(self._open)
                self._open = batch
            self._changed.notify()

    def take(self, timeout: float) -> Batch | None:
        """The oldest batch, or None after `timeout` seconds. One that was taken and not finished
        is given again: a writer that failed half-way comes back for it."""
        with self._changed:
            if self._taken is not None:
                return self._taken
            if not self._sealed and self._open is None and not self._closed:
                self._changed.wait(timeout)
            if self._sealed:
                self._taken = self._sealed.popleft()
            else:
                self._taken, self._open = self._open, None
            return self._taken

    def finish(self, batch: Batch, ended: BatchResult) -> None:
        """Close the books on a batch: it is durable and may be acknowledged."""
        with self._changed:
            self._ended.add(ended)
            self._in_flight_bytes -= batch.size
            self._taken = None
            self._changed.notify_all()

    def recover(self, spooled: int) -> None:
        """Open the books with what an earlier process left in the spool."""
        with self._changed:
            self._received += spooled
            self._ended.spooled += spooled

    def unspool(self, ended: BatchResult) -> None:
        """Close the books on messages that leave the spool."""
        with self._changed:
            self._ended.add(ended)
            self._ended.spooled -= ended.total()

    def close(self) -> None:
        """Wake the writer for good: no more messages will come."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait_until_finished(self, timeout: float) -> bool:
        """Whether everything received was finished within `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._in_flight() == 0, timeout)

    @property
    def unfinished(self) -> int:
        """How many messages were received and are not durable. Read without the lock, as
        `is_full`."""
        return self._received - self._ended.total()

    @property
    def is_full(self) -> bool:
        """Whether the network thread must stop reading. Read without the lock: a moment's
        staleness admits one more read, which the limits have room for."""
        return (
            self.unfinished >= MAX_IN_FLIGHT_MESSAGES
            or self._in_flight_bytes >= MAX_IN_FLIGHT_BYTES
        )

    def oldest_received_us(self) -> int | None:
        """Receive time of the oldest message not finished."""
        with self._changed:
            for batch in (self._taken, *self._sealed, self._open):
                if batch is not None and batch.messages:
                    return batch.messages[0].received_us
            return None

    def books(self) -> dict[str, int]:
        """`received = stored + duplicate + rejected + spooled + in_flight`, read in one instant.

        `in_flight` is counted from the batches themselves, so a lost or doubled message shows.
        """
        with self._changed:
            return {
                "received": self._received,
                "stored": self._ended.stored,
                "duplicate": self._ended.duplicate,
                "rejected": self._ended.rejected,
                "spooled": self._ended.spooled,
                "in_flight": self._in_flight(),
            }

    def _in_flight(self) -> int:
        waiting = sum(len(batch.messages) for batch in self._sealed)
        for batch in (self._taken, self._open):
            if batch is not None:
                waiting += len(batch.messages)
        return waiting
