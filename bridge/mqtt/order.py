"""In which order messages are acknowledged that were taken in out of turn.

A client acknowledges in the order in which it received (MQTT 5.0, 4.6). What was stored before
something that came earlier waits here for that, acknowledged to nobody: a connection that is lost
meanwhile brings it again, and it is recognised as anything that was stored and not acknowledged.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from bridge.intake.batch import PUBACK_SUCCESS
from bridge.message import Message

_PUBACK = struct.Struct("!HH")  # of which the second half is the packet identifier


class Ready(NamedTuple):
    """What may be sent now."""

    packets: bytes
    serial: int | None  # of a delivery up to which all have been acknowledged by these, if known


class ReceiveOrder:
    """Of one connection, from when something was put aside until all of that is stored. For the
    network thread. A packet identifier is nobody else's until it is acknowledged."""

    def __init__(self) -> None:
        self._expected: deque[int] = deque()  # packet identifiers, in the order they came
        self._waiting: set[int] = set()  # the same
        self._stored: set[int] = set()  # those of them that only their turn keeps from being sent
        self._received = 0  # how many came to be expected
        self._sent = 0  # and how many of these went
        # A serial, and after how many that went all up to it are acknowledged.
        self._mark: tuple[int, int] | None = None

    def begin(self) -> None:
        """A connection is about to be made; nothing of the last is acknowledged any more."""
        self._expected.clear()
        self._waiting.clear()
        self._stored.clear()
        self._received = self._sent = 0
        self._mark = None

    def __bool__(self) -> bool:
        """Whether anything of that is not acknowledged."""
        return bool(self._expected)

    def received(self, messages: Iterable[Message]) -> None:
        """These came, and are not all taken in yet. Call it from the first on that is put aside
        until nothing is."""
        for message in messages:
            # Some brokers send again on the same connection what they take for lost.
            if message.mid and message.mid not in self._waiting:
                self._expected.append(message.mid)
                self._waiting.add(message.mid)
                self._received += 1

    def stored(self, packets: bytes, serial: int) -> Ready:
        """These PUBACKs could be sent if it was for their messages alone, in the order these were
        taken in. `serial`: of the newest delivery among them."""
        if self._expected:
            packets = self._in_turn(packets)
        if not self._stored:
            self._mark = None
            return Ready(packets, serial)
        if self._mark is None:
            self._mark = serial, self._received
        marked, after = self._mark
        if self._sent < after:
            return Ready(packets, None)
        self._mark = None
        return Ready(packets, marked)

    def _in_turn(self, packets: bytes) -> bytes:
        expected, waiting, stored = self._expected, self._waiting, self._stored
        turn: list[int] = []
        for _, mid in _PUBACK.iter_unpack(packets):
            if mid not in waiting:
                turn.append(mid)  # it was taken in before all of these, or after the last
                continue
            stored.add(mid)
            while expected and expected[0] in stored:
                next_one = expected.popleft()
                waiting.discard(next_one)
                stored.discard(next_one)
                self._sent += 1
                turn.append(next_one)
        return b"".join([PUBACK_SUCCESS.pack(0x40, 2, mid) for mid in turn])
