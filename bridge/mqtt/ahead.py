"""What one topic brings faster than it is taken in: put aside as it is read, while others go on.

That it is too much is known before the first of it is decoded, and the broker is asked that much
sooner to keep its sender out. And what others say is stored before it. Only the acknowledgements
keep the order in which all of it came (`bridge.mqtt.order`).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping, Set
from typing import NamedTuple

from bridge.intake.allowance import Allowance, Arrived, arrived
from bridge.intake.senders import Sender
from bridge.message import Message
from bridge.mqtt.packet import Cut

LOUD = 500  # messages of one topic in one read, from which on what it brings is put aside
MAX_PIECE = 250  # messages taken in between two reads, so that the socket has room all the time
# Read and not taken in; then reading pauses.
MAX_MESSAGES = 50_000  # more than may be under way to us unacknowledged
MAX_BYTES = 16 * 1024 * 1024  # of their payloads


class Piece(NamedTuple):
    """Part of what one read brought, and what was known of it then."""

    cut: Cut
    arrived: Mapping[bytes, Arrived]  # by topic
    late: Set[bytes]  # topics of which as much as one may send had come before


class Ahead:
    """In the order it was read. For the network thread."""

    def __init__(self, allowance: Allowance, sender_of: Callable[[bytes], Sender]) -> None:
        """`sender_of`: the one device that a topic speaks for, or nobody."""
        self._allowance = allowance
        self._sender_of = sender_of
        self._pieces: deque[Piece] = deque()
        self._messages = 0
        self._bytes = 0
        self._topics: dict[bytes, str] = {}  # that wait, and their senders
        self._counts: Counter[bytes] = Counter()  # messages of each
        self._senders: Counter[str] = Counter()  # topics of each; "" is nobody

    def __bool__(self) -> bool:
        """Whether anything waits to be taken in."""
        return bool(self._pieces)

    @property
    def is_full(self) -> bool:
        return self._messages >= MAX_MESSAGES or self._bytes >= MAX_BYTES

    def wants(self, cut: Cut) -> bool:
        """Whether something of this has to wait its turn. What many send is taken in at once, while
        it is in the processor's cache."""
        return bool(self._pieces) or is_loud(cut.messages)

    def put(self, cut: Cut) -> list[Message]:
        """Put aside what has to wait. The rest may pass it: what a device says that has nothing
        waiting, under a topic that speaks for it alone. Where what is waiting may change what is
        remembered, none pass that are read with it."""
        messages, others = cut
        counts = Counter([message.topic for message in messages])
        passing = self._passing(counts)
        waiting = [message for message in messages if message.topic not in passing]
        for start in range(0, len(waiting), MAX_PIECE):
            self._put(Cut(waiting[start : start + MAX_PIECE], []))
        if others:
            self._put(Cut([], others))
        return [message for message in messages if message.topic in passing] if passing else []

    def _passing(self, counts: Mapping[bytes, int]) -> Set[bytes]:
        """Those of the topics that came."""
        perhaps: dict[bytes, Sender] = {}
        here = set(self._senders)
        for topic, count in counts.items():
            sender = self._sender_of(topic)
            if sender.uid and count < LOUD and topic not in self._topics:
                perhaps[topic] = sender
            else:
                here.add(sender.uid)
        return {
            topic
            for topic, sender in perhaps.items()
            if sender.uid not in here and not (sender.remembers and "" in here)
        }

    def _put(self, cut: Cut) -> None:
        by_topic = arrived(cut.messages)
        self._pieces.append(Piece(cut, by_topic, self._allowance.expect(by_topic)))
        self._messages += len(cut.messages)
        self._bytes += sum(len(message.payload) for message in cut.messages)
        for topic, came in by_topic.items():
            self._counts[topic] += came.messages
            if topic not in self._topics:
                self._topics[topic] = sender = self._sender_of(topic).uid
                self._senders[sender] += 1

    def take(self) -> Piece:
        """The oldest."""
        piece = self._pieces.popleft()
        self._messages -= len(piece.cut.messages)
        self._bytes -= sum(len(message.payload) for message in piece.cut.messages)
        for topic, came in piece.arrived.items():
            self._counts[topic] -= came.messages
            if not self._counts[topic]:
                del self._counts[topic]
                sender = self._topics.pop(topic)
                self._senders[sender] -= 1
                if not self._senders[sender]:
                    del self._senders[sender]
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
