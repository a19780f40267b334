"""Recognise redeliveries of messages whose readings carry no time of their own.

A reading with the device's timestamp is idempotent by itself. One that the bridge stamps would be
stored twice when the bridge dies between COMMIT and acknowledgement, for the broker sends the
message again. So each batch commits, beside its readings, which packets it stamped and with what; a
message with the DUP flag and the same packet identifier and content gets the same stamp again.
MQTT 5.0, 4.4: a client resends an unacknowledged PUBLISH with its original packet identifier.

A packet identifier soon carries another message, which may say the same, so what is remembered has
an end: when the broker shows that it has our acknowledgement, by answering a ping sent after it.
"""

from __future__ import annotations

import secrets
import zlib
from collections import deque
from collections.abc import Iterable

import numpy as np

from bridge.decode.items import Item, Telemetry
from bridge.intake.batch import Batch
from bridge.intake.instants import Instants, following
from bridge.message import Message

INHERITED = 0  # the serial of what an earlier process noted
REJECTED = 0  # the stamp of a message that was rejected when it came first

MAX_NOTES = 200_000  # notes in order; then those of which there are newer ones are dropped

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


# What became of a packet identifier: checksum of topic and payload, stamp, and a serial that counts
# what this process noted, in receive order. No NamedTuple: one is made of every stamped message.
Noted = tuple[int, int, int]


class Deliveries:
    """What this worker did with the packet identifiers the broker may still send again. At most
    65 535 by the protocol.

    `note`, `recall` and `confirm` are for the network thread; the committer's may run
    beside them.
    """

    def __init__(self) -> None:
        self.process = secrets.token_hex(8)  # whose serials these are
        self.serial = INHERITED  # of the newest noted
        self.confirmed = INHERITED - 1  # up to which serial the broker has our acknowledgements
        self._by_mid: dict[int, Noted] = {}
        self._order: deque[tuple[int, int]] = deque()  # serial and packet identifier, as noted

    def __len__(self) -> int:
        return len(self._by_mid)

    def load(self, committed: Iterable[bytes]) -> None:
        """Take in what an earlier process committed, oldest first."""
        for blob in committed:
            self.remember(np.frombuffer(blob, dtype=DELIVERY).tolist(), INHERITED)

    def remember(self, deliveries: Iterable[Delivery], serial: int) -> None:
        """Note what is known only now: an earlier process's, or what turned out to be rejected."""
        for mid, content, stamp in deliveries:
            newer = self._by_mid.get(mid)
            if serial > self.confirmed and (newer is None or newer[2] <= serial):
                self._by_mid[mid] = (content, stamp, serial)
                self._order.append((serial, mid))

    def note(self, message: Message, stamp: int) -> None:
        """Note one that comes just now."""
        if message.mid:
            self.serial += 1
            self._by_mid[message.mid] = (checksum(message), stamp, self.serial)
            self._order.append((self.serial, message.mid))
            if len(self._order) > MAX_NOTES:
                # A connection that lives too short to confirm anything, again and again.
                noted = list(self._by_mid.items())
                self._order = deque(sorted((serial, mid) for mid, (_, _, serial) in noted))

    def recall(self, message: Message) -> int | None:
        """The stamp this message got when it came first, or None if it is new."""
        noted = self._by_mid.get(message.mid) if message.dup and message.mid else None
        if noted is None or noted[0] != checksum(message):
            return None
        # Anew: what counts is the acknowledgement on the connection it has come by now.
        stamp = noted[1]
        self.note(message, stamp)
        return stamp

    def serial_of(self, delivery: Delivery) -> int | None:
        """The serial of a delivery that may still come again, None of one that is over."""
        noted = self._by_mid.get(delivery[0])
        return noted[2] if noted is not None and noted[:2] == delivery[1:] else None

    def confirm(self, serial: int) -> None:
        """The broker has the acknowledgement of everything up to this serial."""
        self.confirmed = max(self.confirmed, serial)
        while self._order and self._order[0][0] <= self.confirmed:
            noted_serial, mid = self._order.popleft()
            if (noted := self._by_mid.get(mid)) is not None and noted[2] == noted_serial:
                del self._by_mid[mid]


class Stamper:
    """Gives samples without a time one, in place. For one thread."""

    def __init__(self, deliveries: Deliveries, instants: Instants) -> None:
        self._deliveries = deliveries
        self._instants = instants
        self._latest_us = 0

    def begin(self) -> None:
        """A batch begins: look at the clock, once for all that `give` gives in it."""
        self._latest_us = self._instants.latest_us()

    def give(self, message: Message, uid: str) -> int:
        """The stamp of a message with one sample that comes for the first time, 0 if there is none
        to give yet."""
        first = self._instants.first(uid, 1, message.received_us, self._latest_us)
        if first:
            self._deliveries.note(message, first)
        return first

    def stamp(self, batch: Batch, index: int, items: list[Item]) -> bool:
        """Stamp what the message at `index` says, and note in the batch with what. False if there
        is no stamp to give yet: the message must wait."""
        message = batch.messages[index]
        first = self._deliveries.recall(message) if message.dup else None
        if first is None and (bare := bare_samples(items)):
            first = self._instants.first_for_all(bare, message.received_us)
            if not first:
                return False
            self._deliveries.note(message, first)
        if first is not None:
            batch.stamps[index] = first
            restamp(items, first)
        return True


def bare_samples(items: Iterable[Item]) -> dict[str, int]:
    """How many samples of each device have no time of their own."""
    found: dict[str, int] = {}
    for item in items:
        if isinstance(item, Telemetry):
            bare = [sample for sample in item.samples if not sample.time_us]
            if bare:
                found[item.uid] = found.get(item.uid, 0) + len(bare)
    return found


def restamp(items: Iterable[Item], first: int | None) -> None:
    """Give the samples without a time the stamps that begin with `first`, each device its own."""
    given: dict[str, int] = {}
    for item in items if first else ():
        if isinstance(item, Telemetry):
            for sample in item.samples:
                if not sample.time_us:
                    before = given.get(item.uid, 0)
                    sample.time_us = following(first or 0, before)
                    given[item.uid] = before + 1
