"""The load: one process that publishes a fleet's packets over raw sockets and counts the PUBACKs.

It sends no more than it is allowed to: the parent moves the allowance with the progress of the
bridge, so that what waits at the broker stays bounded. paho would cost more than all that is
measured.
"""

from __future__ import annotations

import selectors
import socket
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.load_process import STOP, LoadProcess
from benchmarks.packets import Fleet, Packets

CONNECTIONS = 4
WINDOW = 5_000  # messages of a connection that the broker has not acknowledged
CHUNK = 500  # messages of one send
IDLE_SECONDS = 0.002  # between two looks at an allowance that is used up
SOCKET_BYTES = 1 << 20
ALLOWED, SENT, ACKED, PACE = range(1, 5)  # places in the shared array, after STOP


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int


class Generator(LoadProcess):
    """The process as its parent sees it."""

    def __init__(self, fleet: Fleet, address: Address) -> None:
        super().__init__(5, _run, fleet, address)

    @property
    def sent(self) -> int:
        return self._shared[SENT]

    @property
    def acked(self) -> int:
        return self._shared[ACKED]

    def allow(self, messages: int) -> None:
        """Let it have sent this many messages in all; never fewer than before."""
        self._shared[ALLOWED] = max(messages, self._shared[ALLOWED])

    def pace(self, messages_per_s: int) -> None:
        """From now on let it send so many a second by its own clock; 0: as many as it is allowed
        to again."""
        self._shared[PACE] = messages_per_s

    def withdraw(self) -> None:
        """Allow nothing beyond what is sent."""
        self._shared[ALLOWED] = 0

    def wait_until_acked(self, timeout: float) -> int:
        """Messages acknowledged once all sent ones are, or at the deadline."""
        deadline = time.monotonic() + timeout
        while self.acked < self.sent and time.monotonic() < deadline:
            time.sleep(IDLE_SECONDS)
        return self.acked


class Publisher:
    """One connection with its share of the devices."""

    def __init__(self, address: Address, name: str, packets: Packets) -> None:
        self.sock = socket.create_connection((address.host, address.port), 10)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
        self.sent = self.acked = 0
        self._packets = packets
        self._turn = self._row = 0
        self._waiting = memoryview(b"")
        self._odd = 0  # bytes of a PUBACK that has come in part
        client_id = name.encode()
        # Clean session, the longest keep-alive: 0 would mean none, but rumqttd refuses that.
        body = b"\0\4MQTT\4\2\xff\xff" + len(client_id).to_bytes(2, "big") + client_id
        self.sock.sendall(b"\x10" + bytes([len(body)]) + body)
        answer = self.sock.recv(4)
        if answer[:1] != b"\x20" or answer[3]:
            raise RuntimeError(f"the broker refused the load generator: {answer!r}")
        self.sock.setblocking(False)

    def read(self) -> None:
        """Count the PUBACKs that have come: four bytes each, and nothing else comes."""
        try:
            data = self.sock.recv(SOCKET_BYTES)
        except BlockingIOError:
            return
        if not data:
            raise RuntimeError("the broker closed the load generator's connection")
        whole, self._odd = divmod(self._odd + len(data), 4)
        self.acked += whole

    def write(self, allowance: int) -> int:
        """Send up to `allowance` more messages; how many were begun."""
        begun = 0
        while True:
            if not self._waiting:
                room = min(allowance - begun, WINDOW - (self.sent - self.acked), CHUNK)
                room = min(room, self._packets.count - self._row)
                if room <= 0:
                    return begun
                self._fill(room)
                begun += room
            try:
                done = self.sock.send(self._waiting)
            except BlockingIOError:
                return begun
            self._waiting = self._waiting[done:]

    def _fill(self, messages: int) -> None:
        last = self._row + messages
        now_ms = time.time_ns() // 1_000_000
        packets = self._packets.stamped(self._turn, self._row, last, now_ms, self.sent)
        self._waiting = memoryview(packets)
        self.sent += messages
        self._row = last
        if last == self._packets.count:
            self._turn, self._row = self._turn + 1, 0


def _run(shared: Any, ready: Any, fleet: Fleet, address: Address) -> None:
    edges = [fleet.devices * n // CONNECTIONS for n in range(CONNECTIONS + 1)]
    publishers = [
        Publisher(address, f"{fleet.name}-load{n}", Packets(fleet, edges[n], edges[n + 1]))
        for n in range(CONNECTIONS)
        if edges[n] < edges[n + 1]
    ]
    paced, since, base = 0, 0.0, 0
    ready.set()
    with selectors.DefaultSelector() as selector:
        for publisher in publishers:
            selector.register(publisher.sock, selectors.EVENT_READ, publisher)
        while not shared[STOP]:
            for key, _ in selector.select(IDLE_SECONDS):
                key.data.read()
            now = time.monotonic()
            if shared[PACE] != paced:
                paced, since, base = shared[PACE], now, shared[SENT]
            allowed = base + int(paced * (now - since)) if paced else shared[ALLOWED]
            allowance = allowed - shared[SENT]
            share = -(-allowance // len(publishers))
            for publisher in publishers:
                allowance -= publisher.write(min(share, allowance))
            shared[SENT] = sum(publisher.sent for publisher in publishers)
            shared[ACKED] = sum(publisher.acked for publisher in publishers)
