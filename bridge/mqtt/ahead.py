"""What one topic brings faster than it is taken in, read already: so that it is too much is known
before the first of it is decoded, and the broker is asked that much sooner to keep its sender out.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Set
from typing import NamedTuple

from bridge.intake.allowance import Allowance, Arrived, arrived
from bridge.message import Message
from bridge.mqtt.packet import Cut

LOUD = 500  # messages of one topic in one read, from which on what comes is read ahead
MAX_PIECE = 500  # messages taken in between two reads, so that the socket has room all the time
# Read and not taken in; then reading pauses.
MAX_MESSAGES = 30_000
MAX_BYTES = 16 * 1024 * 1024  # of their payloads


class Piece(NamedTuple):
    """Part of what one read brought, and what was known of it then."""

    cut: Cut
    arrived: Mapping[bytes, Arrived]  # by topic
    late: Set[bytes]  # topics of which as much as one may send had come before


class Ahead:
    """In the order it was read. For the network thread."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._pieces: deque[Piece] = deque()
        self._messages = 0
        self._bytes = 0

    def __bool__(self) -> bool:
        """Whether anything waits to be taken in."""
        return bool(self._pieces)

    @property
    def is_full(self) -> bool:
        return self._messages >= MAX_MESSAGES or self._bytes >= MAX_BYTES

    def wants(self, cut: Cut) -> bool:
        """Whether this has to wait its turn. What many send is taken in at once, while it is in the
        processor's cache."""
        return bool(self._pieces) or is_loud(cut.messages)

    def put(self, cut: Cut) -> None:
        messages, others = cut
        for start in range(0, len(messages), MAX_PIECE):
            self._put(Cut(messages[start : start + MAX_PIECE], []))
        if others:
            self._put(Cut([], others))

    def _put(self, cut: Cut) -> None:
        by_topic = arrived(cut.messages)
        self._pieces.append(Piece(cut, by_topic, self._allowance.expect(by_topic)))
        self._messages += len(cut.messages)
        self._bytes += sum(len(message.payload) for message in cut.messages)

    def take(self) -> Piece:
        """The oldest."""
        piece = self._pieces.popleft()
        self._messages -= len(piece.cut.messages)
        self._bytes -= sum(len(message.payload) for message in piece.cut.messages)
        return piece

    def forget(self) -> None:
        """All of it comes again, or never."""
        while self._pieces:
            self._allowance.take(self.take().arrived)


def is_loud(messages: list[Message]) -> bool:
    """Whether one topic brought so many at once."""
    if len(messages) < LOUD:
        return False
    ((_, most),) = Counter([message.topic for message in messages]).most_common(1)
    return most >= LOUD
