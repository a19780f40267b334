"""What a device has measured and nobody has acknowledged yet: bounded, in order, oldest first."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum

from firmware_sim.payload import Sample

MAX_SAMPLES = 2_000  # samples one device keeps; a full outbox loses its oldest
MAX_FLEET_SAMPLES = 400_000  # samples all devices keep together, about 300 MB
MIN_SAMPLES = 50  # samples one device keeps in the largest fleet
BATCH_SAMPLES = 30  # samples in one stored-and-forwarded message
FRESH_WAITING = 3  # messages; with more waiting they are sent as batches


class Purpose(Enum):
    """Why a message is sent."""

    FRESH = "fresh"  # just measured, sent in the kind's own form
    STORED = "stored"  # kept while offline or while the broker was slow
    LATE = "late"  # fault: held back on purpose
    DUPLICATE = "duplicate"  # fault: the same bytes once more
    MALFORMED = "malformed"  # fault: not a valid message


@dataclass(slots=True)
class Entry:
    """One message to be: its samples, or for the faults its bytes."""

    purpose: Purpose
    samples: tuple[Sample, ...] = ()
    payload: bytes | None = None  # set once published, so that a duplicate is the same bytes

    @property
    def measures(self) -> bool:
        """Whether it carries samples that must arrive; faults need not."""
        return self.purpose not in (Purpose.DUPLICATE, Purpose.MALFORMED)


class Outbox:
    """A device's messages not yet acknowledged. `waiting` is sent from the left; what is on its way
    stays counted until `settle`, so the bound holds for both."""

    def __init__(self, capacity: int = MAX_SAMPLES) -> None:
        self.capacity = capacity
        self.waiting: deque[Entry] = deque()
        self.samples = 0  # waiting and on their way

    def put(self, entry: Entry) -> int:
        """Append `entry`; return how many of the oldest waiting samples were lost for it."""
        self.waiting.append(entry)
        if entry.measures:
            self.samples += len(entry.samples)
        lost = 0
        while self.samples > self.capacity and len(self.waiting) > 1:
            oldest = self.waiting.popleft()
            if oldest.measures:
                self.samples -= len(oldest.samples)
                lost += len(oldest.samples)
        return lost

    def take(self) -> Entry | None:
        """The next message: a fresh one as it is, stored ones merged up to a batch."""
        if not self.waiting:
            return None
        first = self.waiting.popleft()
        backlog = len(self.waiting) >= FRESH_WAITING
        if not first.measures or first.purpose is Purpose.LATE:
            return first
        if first.purpose is Purpose.FRESH and not backlog:
            return first
        merged = list(first.samples)
        while self.waiting:
            after = self.waiting[0]
            if after.purpose not in (Purpose.FRESH, Purpose.STORED):
                break
            if len(merged) + len(after.samples) > BATCH_SAMPLES:
                break
            merged.extend(self.waiting.popleft().samples)
        return Entry(Purpose.STORED, tuple(merged))

    def give_back(self, entries: list[Entry]) -> None:
        """Entries taken, in order, whose connection ended before they were acknowledged.

        They go in front again and lose their fresh form: they are history by the time they go out.
        Deliberate duplicates and malformed messages are not repeated; one that made the broker end
        the connection would do so for ever.
        """
        for entry in reversed(entries):
            if entry.measures:
                late = entry.purpose is Purpose.LATE
                purpose = Purpose.LATE if late else Purpose.STORED
                self.waiting.appendleft(Entry(purpose, entry.samples))

    def settle(self, entry: Entry) -> None:
        """`entry`, taken before, needs no more sending."""
        if entry.measures:
            self.samples -= len(entry.samples)
