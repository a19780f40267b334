"""A device connection that publishes at QoS 1 and forgets nothing it has no PUBACK for."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass

from embedded.prove import packets
from embedded.prove.ledger import STAMPED, TIMED, Ledger
from embedded.prove.messages import Messages
from telemetry.workers.backoff import Backoff

WINDOW = 500  # messages in flight; then it waits, so the rate falls while the broker is away
MAX_ASIDE = 2_000  # messages waiting out of turn: duplicates, late ones, poison
TURN = 0.02  # seconds between looks at what is due
ANSWER_SECONDS = 5.0  # for the broker to take or say something it must
LONGEST_BACKOFF = 1.0  # seconds between two attempts to connect, also the first two
RECEIVE_SIZE = 65_536  # bytes of one read
MAX_MID = 65_535


@dataclass(frozen=True, slots=True)
class Address:
    """Where the broker listens, and as whom to connect."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None


class Publisher(threading.Thread):
    """Sends its share of the load until stopped, then until all is acknowledged or `end`ed."""

    def __init__(
        self, address: Address, client_id: str, ledger: Ledger, messages: Messages
    ) -> None:
        super().__init__(name=client_id, daemon=True)
        self.rate = 0.0  # messages a second
        self.aside: deque[int] = deque(maxlen=MAX_ASIDE)
        self.connections = 0
        self._address = address
        self._ledger = ledger
        self._messages = messages
        self._window = WINDOW
        self._unacked: dict[int, int] = {}  # packet identifier: number, in the order sent
        self._mid = 0
        self._last_kind = 0
        self._due = 0.0
        self._looked = time.monotonic()
        self._pinged = 0.0
        self._ending = threading.Event()

    @property
    def waiting(self) -> int:
        """Messages that have no PUBACK yet."""
        return len(self._unacked) + len(self.aside)

    def end(self) -> None:
        """Leave at once. Joins the thread."""
        self._ending.set()
        self.join(2 * ANSWER_SECONDS)

    def run(self) -> None:
        backoff = Backoff(LONGEST_BACKOFF, LONGEST_BACKOFF)
        while not self._ending.is_set():
            try:
                with self._connect() as connection:
                    self._serve(connection)
            except OSError:
                self._ending.wait(backoff.wait())

    def _connect(self) -> socket.socket:
        address = self._address
        connection = socket.create_connection((address.host, address.port), ANSWER_SECONDS)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(packets.connect(self.name, address.username, address.password))
            self._packets = packets.Packets()
            arrived: list[tuple[int, bytes]] = []
            while not arrived:
                arrived = self._receive(connection)
            kind, body = arrived.pop(0)
            if kind != packets.CONNACK:
                raise packets.ProtocolError(f"a packet of type {kind:#x} instead of CONNACK")
            self._window = min(WINDOW, packets.receive_maximum(body))
            self._take(arrived)
            self.connections += 1
            self._pinged = time.monotonic()
            for mid, number in list(self._unacked.items()):
                self._send(connection, mid, number, dup=True)
        except BaseException:
            connection.close()
            raise
        return connection

    def _serve(self, connection: socket.socket) -> None:
        while not self._ending.is_set():
            if select.select([connection], [], [], TURN)[0]:
                self._take(self._receive(connection))
            self._earn()
            while len(self._unacked) < self._window and (number := self._next()) is not None:
                self._mid = self._free_mid()
                self._unacked[self._mid] = number
                self._send(connection, self._mid, number, dup=False)
            if time.monotonic() - self._pinged > packets.KEEPALIVE / 2:
                self._pinged = time.monotonic()
                connection.sendall(packets.PING)
        connection.sendall(packets.DISCONNECT)

    def _earn(self) -> None:
        """What is due since the last look; what the window had no room for is not made up for."""
        now = time.monotonic()
        self._due = min(self._due + self.rate * (now - self._looked), float(WINDOW))
        self._looked = now

    def _next(self) -> int | None:
        if self.aside:
            return self.aside.popleft()
        if self._due < 1 or not self.rate:
            return None
        self._due -= 1
        self._last_kind = STAMPED if self._last_kind == TIMED else TIMED
        return self._ledger.add(self._last_kind)

    def _free_mid(self) -> int:
        mid = self._mid % MAX_MID + 1
        while mid in self._unacked:
            mid = mid % MAX_MID + 1
        return mid

    def _send(self, connection: socket.socket, mid: int, number: int, *, dup: bool) -> None:
        topic, payload = self._messages.message(number, self._ledger.kinds[number])
        self._ledger.sending(number)
        connection.sendall(packets.publish(topic, payload, mid, dup=dup))

    def _receive(self, connection: socket.socket) -> list[tuple[int, bytes]]:
        data = connection.recv(RECEIVE_SIZE)
        if not data:
            raise ConnectionResetError("the broker ended the connection")
        return self._packets.feed(data)

    def _take(self, arrived: list[tuple[int, bytes]]) -> None:
        for kind, body in arrived:
            if kind != packets.PUBACK:
                continue
            number = self._unacked.pop(int.from_bytes(body[:2], "big"), None)
            if number is None:
                continue
            reason = body[2] if len(body) > 2 else packets.SUCCESS
            if reason >= packets.FAILURE:
                self._ledger.refused += 1
            elif reason == packets.NO_SUBSCRIBERS:
                self._ledger.kept_for_nobody(number)
            else:
                self._ledger.acknowledged(number)
