"""Recognise redeliveries of messages whose readings carry no time of their own.

A reading with the device's timestamp is idempotent by itself. One that the bridge stamps would be
stored twice when the bridge dies between COMMIT and acknowledgement, for the broker sends the
message again. So each batch commits, beside its readings, which packets it stamped and with what; a
message with the DUP flag and the same packet identifier and content gets the same stamp again.
MQTT 5.0, 4.4: a client resends an unacknowledged PUBLISH with its original packet identifier.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import numpy as np

from bridge.decode.items import Item, Telemetry
from bridge.intake.batch import Batch
from bridge.message import Message

MAX_STAMPED_DEVICES = 50_000  # devices whose last stamp is remembered

DELIVERY = np.dtype([("mid", "<u2"), ("content", "<u4"), ("stamp", "<i8")])

Delivery = tuple[int, int, int]  # packet identifier, checksum of topic and payload, stamp


def delivery(message: Message, stamp: int) -> Delivery:
    """`stamp` is Unix microseconds of the first stamped sample, 0 for a rejected message."""
    return message.mid, checksum(message), stamp


def checksum(message: Message) -> int:
    """Of topic and payload: the same packet identifier soon carries another message."""
    return zlib.crc32(message.payload, zlib.crc32(message.topic))


def pack(deliveries: list[Delivery]) -> bytes:
    return np.array(deliveries, dtype=DELIVERY).tobytes()


class Deliveries:
    """What this worker did with the packet identifiers in use. At most 65 535 by the protocol."""

    def __init__(self) -> None:
        self._by_mid: dict[int, tuple[int, int]] = {}

    def load(self, committed: Iterable[bytes]) -> None:
        """Take in what earlier batches committed, oldest first."""
        for blob in committed:
            self.remember(np.frombuffer(blob, dtype=DELIVERY).tolist())

    def remember(self, deliveries: Iterable[Delivery]) -> None:
        for mid, content, stamp in deliveries:
            self._by_mid[mid] = (content, stamp)

    def note(self, message: Message, stamp: int) -> None:
        """Remember one that comes just now."""
        if message.mid:
            self._by_mid[message.mid] = (checksum(message), stamp)

    def recall(self, message: Message) -> int | None:
        """The stamp this message got when it came first, or None if it never came."""
        known = self._by_mid.get(message.mid) if message.dup and message.mid else None
        if known is None or known[0] != checksum(message):
            return None
        return known[1]


class Stamps:
    """Receive times for samples without one: whole microseconds, never the same twice a device, so
    that two readings of one burst do not pass for one reading delivered twice."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def reserve(self, uid: str, received_us: int, samples: int) -> int:
        """The first of `samples` consecutive microseconds for this device."""
        first = max(received_us, self._last.get(uid, 0) + 1)
        if len(self._last) >= MAX_STAMPED_DEVICES:
            self._last = {known: at for known, at in self._last.items() if at >= received_us}
        self._last[uid] = first + samples - 1
        return first


class Stamper:
    """Gives samples without a time one, in place. For one thread."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries
        self._stamps = Stamps()

    def give(self, message: Message, uid: str, samples: int = 1) -> int:
        """The stamp of a message that comes for the first time; the next samples follow it."""
        first = self._stamps.reserve(uid, message.received_us, samples)
        self._deliveries.note(message, first)
        return first

    def stamp(self, batch: Batch, index: int, items: list[Item]) -> None:
        """Stamp what the message at `index` says, and note in the batch with what."""
        message = batch.messages[index]
        first = self._deliveries.recall(message) if message.dup else None
        for item in items if first != 0 else ():
            if isinstance(item, Telemetry):
                bare = [sample for sample in item.samples if not sample.time_us]
                if bare:
                    first = first or self.give(message, item.uid, len(bare))
                    for offset, sample in enumerate(bare):
                        sample.time_us = first + offset
        if first is not None:
            batch.stamps[index] = first

    def stamp_all(self, batch: Batch) -> None:
        """Stamp a batch of which nothing is in columns yet."""
        for index, items in batch.items.items():
            self.stamp(batch, index, items)

    @staticmethod
    def restamp(items: list[Item], first: int | None) -> None:
        """Give a message that was spooled the stamps it had."""
        offset = first or 0
        for item in items:
            if isinstance(item, Telemetry) and first:
                for sample in item.samples:
                    if not sample.time_us:
                        sample.time_us = offset
                        offset += 1
