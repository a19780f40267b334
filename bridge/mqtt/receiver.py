"""What comes on the connection: cut into packets, and taken into the inbox while that has room.

Packets that are no message go on to paho.
"""

from __future__ import annotations

import ssl
import time
from typing import Any

from bridge.commit.inbox import Inbox
from bridge.intake.columns import Intake
from bridge.message import Message
from bridge.mqtt.ahead import Ahead
from bridge.mqtt.confirmation import Confirmation
from bridge.mqtt.order import ReceiveOrder
from bridge.mqtt.packet import PINGRESP, Cut, MalformedPacket, PacketCutter
from bridge.mqtt.session import Session
from devices.clock import now_us

RECEIVE_SIZE = 256 * 1024  # bytes of one read
READS_PER_TURN = 8  # reads before acknowledgements and keepalive get their turn
LONGEST_PAUSE = 15.0  # seconds of not reading while full; then reconnect, before keepalive ends it
# Of what was put aside more is taken in while fewer messages are on their way to be stored: what
# others send waits behind these. One piece is taken each `LONGEST_ASIDE` seconds all the same.
MAX_BEFORE = 500
LONGEST_ASIDE = 0.05
QUIET = 3.0  # seconds without a message after which a session that retires counts as empty


class Receiver:
    """For the network thread."""

    def __init__(
        self,
        session: Session,
        inbox: Inbox,
        intake: Intake,
        confirmation: Confirmation,
        order: ReceiveOrder,
    ) -> None:
        self.full_since: float | None = None  # monotonic seconds
        self._session = session
        self._inbox = inbox
        self._intake = intake
        self._confirmation = confirmation
        self._order = order
        self.ahead = Ahead(intake.allowance, intake.sender_of)
        self._took_at = 0.0  # monotonic seconds: the newest of what was put aside
        self._cutter = PacketCutter(version5=True)
        self._heard_at = 0.0  # monotonic seconds

    def begin(self) -> None:
        """A connection is about to be made."""
        self._cutter = PacketCutter(version5=True)
        # What waited is not acknowledged, and the broker sends it again.
        self._intake.waiting = []
        self.ahead.forget()
        self._order.begin()
        self._heard_at = time.monotonic()

    def is_full(self) -> bool:
        """Whether reading must pause; drops the connection when it has paused too long."""
        if self._intake.waiting and not self._inbox.is_full:
            self._take_in(self._intake.waiting)
        if not self._inbox.is_full and not self._intake.waiting:
            self.full_since = None
            return False
        self.full_since = self.full_since or time.monotonic()
        if time.monotonic() - self.full_since > LONGEST_PAUSE:
            self._session.drop("too many messages wait for the database, or for a time")
        return True

    def read(self, sock: Any) -> None:
        """Take what has arrived, up to a bound, and hand it on."""
        for _ in range(READS_PER_TURN):
            try:
                data = sock.recv(RECEIVE_SIZE)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError:
                data = b""
            if not data:
                self._session.client.end_of_stream()
                return
            self._session.client.heard()
            try:
                cut = self._cutter.feed(data, now_us())
            except MalformedPacket as exc:
                self._session.drop(f"the broker broke the protocol: {exc}")
                return
            if cut.messages:
                self._heard_at = time.monotonic()
            if not self._hand_on(cut, sock):
                return
            # A TLS socket may hold decrypted bytes that the selector does not see.
            pending = getattr(sock, "pending", None)
            full = self._inbox.is_full or self._intake.waiting or self.ahead.is_full
            if full or (len(data) < RECEIVE_SIZE and not (pending and pending())):
                return

    def _hand_on(self, cut: Cut, sock: Any) -> bool:
        """Whether the connection lasts after it."""
        if not self.ahead.wants(cut):
            return self._take(cut, sock)
        # Only the answer to a ping speaks of the messages before it. While that to our CONNECT
        # waited, nothing could be acknowledged.
        answers = [packet for packet in cut.others if packet == PINGRESP]
        others = [packet for packet in cut.others if packet != PINGRESP]
        self._order.received(cut.messages)
        if passing := self.ahead.put(Cut(cut.messages, answers)):
            self._take_in(passing)
        return not others or self._digest(others, sock)

    def has_turn(self) -> bool:
        """Whether the oldest of what was put aside is to be taken in now."""
        if not self.ahead or self._intake.waiting or self._inbox.is_full:
            return False
        return (
            self._inbox.unfinished < MAX_BEFORE or time.monotonic() - self._took_at >= LONGEST_ASIDE
        )

    def go_on(self, sock: Any) -> None:
        """Take in the oldest of what was put aside."""
        self._took_at = time.monotonic()
        cut, by_topic, late = self.ahead.take()
        self._intake.begin_with(cut.messages, by_topic, late)
        self._take(cut, sock)

    def _take(self, cut: Cut, sock: Any) -> bool:
        """Whether the connection lasts after it."""
        if cut.messages:
            self._take_in(cut.messages)
        return not cut.others or self._digest(cut.others, sock)

    def _take_in(self, messages: list[Message]) -> None:
        if self._session.subscriber.sweeping and messages[-1].retain:
            self._session.subscriber.swept()
        for batch in self._intake.batches(self._session.generation, messages):
            self._inbox.put(batch)

    def _digest(self, packets: list[bytes], sock: Any) -> bool:
        """Whether the connection lasts after these."""
        if PINGRESP in packets:
            self._confirmation.answered(all_taken=not self._intake.waiting)
        self._session.client.digest(packets)
        return self._session.is_open(sock)

    def has_finished(self) -> bool:
        """Whether all that came is durable, so that each acknowledgement was given."""
        return not (self.ahead or self._intake.waiting or self._inbox.unfinished)

    def is_empty(self) -> bool:
        """Whether the session, which has no subscriptions any more, has given all it held, and
        that is in the database."""
        books = self._inbox.books()
        quiet = time.monotonic() - self._heard_at > QUIET
        return (
            self._session.subscriber.narrowed
            and quiet
            and not (self.ahead or books["in_flight"] or books["spooled"])
        )
