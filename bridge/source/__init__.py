"""The MQTT connection: messages in, acknowledgements out. The only bridge module that knows paho.

paho keeps the connection, the session and the keepalive. PUBLISH packets never reach it: they are
cut out of one receive buffer here, and acknowledged in one send per committed batch, in receive
order, only on the connection they came from. Everything runs in the thread that calls `run`.
"""

from __future__ import annotations

import contextlib
import logging
import random
import selectors
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from paho.mqtt import client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from bridge.decode import Decoder
from bridge.inbox import Inbox
from bridge.packet import MAX_PACKET, MalformedPacket, PacketCutter
from bridge.source.client import Client

logger = logging.getLogger(__name__)

RECEIVE_MAXIMUM = 20_000  # messages in flight to us: two full batches
SESSION_EXPIRY = 7 * 86_400  # seconds the broker keeps our queue while we are away
KEEPALIVE = 30  # seconds
RECEIVE_SIZE = 256 * 1024  # bytes of one read
READS_PER_TURN = 8  # reads before acknowledgements and keepalive get their turn
TURN = 0.5  # seconds between looks at keepalive when nothing happens
FULL_TURN = 0.02  # seconds between looks at whether the inbox has room again
LONGEST_PAUSE = 15.0  # seconds of not reading while full; then reconnect, before keepalive ends it
LONGEST_BACKOFF = 30.0  # seconds between two attempts to connect
DRAIN_TIMEOUT = 10.0  # seconds to settle what was received when told to stop
MAX_NOTICES = 1_000  # error messages to devices waiting to be sent

TOPICS = ("devices/+/telemetry", "devices/+/status")


@dataclass(frozen=True, slots=True)
class Broker:
    """Where and as whom to connect."""

    host: str
    port: int
    client_id: str
    username: str | None = None
    password: str | None = None
    tls: bool = False


@dataclass(slots=True)
class SourceCounters:
    """Written by the network thread only."""

    connected: int = 0
    subscribed: int = 0
    reconnects: int = 0
    session_lost: int = 0
    notices_dropped: int = 0


class Source:
    """Reads one durable session into an inbox until stopped."""

    def __init__(self, broker: Broker, inbox: Inbox, group: str = "") -> None:
        """With `group`, telemetry is shared with the other workers of that name (MQTT `$share`)."""
        self.expect_session = False  # whether the broker should know us already
        self.counters = SourceCounters()
        self.generation = 0
        self.connected_since: float | None = None  # monotonic seconds
        self._broker = broker
        self._inbox = inbox
        self._group = group
        self._decoder = Decoder()
        self._acknowledgements: deque[tuple[int, bytes]] = deque()
        self._notices: deque[tuple[str, bytes]] = deque(maxlen=MAX_NOTICES)
        self._stopping = threading.Event()
        self._wake_receive, self._wake_send = socket.socketpair()
        self._wake_receive.setblocking(False)
        self._wake_send.setblocking(False)
        self._client = self._make_client()
        self._cutter = PacketCutter(version5=True)
        self._full_since: float | None = None  # monotonic seconds

    def _make_client(self) -> Client:
        client = Client(client_id=self._broker.client_id, manual_ack=True)
        client.connect_timeout = 5.0
        if self._broker.username is not None:
            client.username_pw_set(self._broker.username, self._broker.password)
        if self._broker.tls:
            client.tls_set()
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        # Registering tells paho not to write from whichever thread queues a packet.
        client.on_socket_register_write = lambda *_: None
        return client

    def acknowledge(self, generation: int, packets: bytes) -> None:
        """Send these PUBACKs if the connection is still the one they belong to."""
        if packets:
            self._acknowledgements.append((generation, packets))
            self._wake()

    def notify(self, topic: str, payload: bytes) -> None:
        """Publish a notice at QoS 0; the oldest is dropped when too many wait."""
        if len(self._notices) == MAX_NOTICES:
            self.counters.notices_dropped += 1
        self._notices.append((topic, payload))

    def stop(self) -> None:
        """Stop reading, settle what was received, disconnect. Safe in a signal handler."""
        self._stopping.set()
        self._wake()

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):  # full of wake-ups already
            self._wake_send.send(b"\0")

    def run(self, give_up: Callable[[], bool]) -> None:
        """Connect, read and reconnect until `stop`, or until `give_up()`; then drain."""
        attempt = 0

        def going_on() -> bool:
            if give_up():
                self._stopping.set()
            return not self._stopping.is_set()

        while going_on():
            if self._connect():
                attempt = 0
                self._serve(going_on, reading=True)
            if not self._stopping.is_set():
                # Full jitter, capped, for ever: a broker that comes back is not met by a herd.
                longest = min(LONGEST_BACKOFF, 0.5 * 2**attempt)
                self._stopping.wait(random.uniform(0, longest))  # noqa: S311
                attempt = min(attempt + 1, 16)
        self._drain()

    def _connect(self) -> bool:
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_EXPIRY
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        properties.MaximumPacketSize = MAX_PACKET
        self.generation += 1
        self._cutter = PacketCutter(version5=True)
        self._client.begin()
        try:
            self._client.connect(
                self._broker.host,
                self._broker.port,
                keepalive=KEEPALIVE,
                clean_start=False,
                properties=properties,
            )
        except (OSError, ValueError) as exc:
            logger.warning(
                "broker %s:%s not reached: %s",
                self._broker.host,
                self._broker.port,
                exc,
                extra={"action": "connect_failed"},
            )
            return False
        return True

    def _serve(self, going_on: Callable[[], bool], *, reading: bool) -> None:
        """Read and write the connected socket while `going_on()` and the connection lasts."""
        sock = self._client.socket()
        self._full_since = None
        misc_due = 0.0
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_receive, selectors.EVENT_READ)
            while sock is not None and going_on() and self._is_open(sock):
                full = reading and self._is_full_now()
                self._send_waiting()
                if not self._is_open(sock):
                    return
                wanted = selectors.EVENT_READ if reading and not full else 0
                if self._client.want_write():
                    wanted |= selectors.EVENT_WRITE
                _watch(selector, sock, wanted)
                self._turn(selector, sock, FULL_TURN if full else TURN)
                if time.monotonic() >= misc_due and self._is_open(sock):
                    self._client.loop_misc()
                    misc_due = time.monotonic() + TURN

    def _is_open(self, sock: Any) -> bool:
        return self._client.socket() is sock

    def _is_full_now(self) -> bool:
        """Whether reading must pause; drops the connection when it has paused too long."""
        if not self._inbox.is_full:
            self._full_since = None
            return False
        self._full_since = self._full_since or time.monotonic()
        if time.monotonic() - self._full_since > LONGEST_PAUSE:
            self._drop_connection("too many messages wait for the database")
        return True

    def _turn(self, selector: selectors.BaseSelector, sock: Any, timeout: float) -> None:
        for key, events in selector.select(timeout):
            if key.fileobj is self._wake_receive:
                self._wake_receive.recv(4096)
                continue
            if events & selectors.EVENT_READ:
                self._read(sock)
            if events & selectors.EVENT_WRITE and self._is_open(sock):
                self._client.loop_write()

    def _read(self, sock: Any) -> None:
        """Take what has arrived, up to a bound, and hand it on."""
        for _ in range(READS_PER_TURN):
            try:
                data = sock.recv(RECEIVE_SIZE)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError:
                data = b""
            if not data:
                self._client.end_of_stream()
                return
            self._client.heard()
            try:
                cut = self._cutter.feed(data, time.time_ns() // 1_000_000)
            except MalformedPacket as exc:
                self._drop_connection(f"the broker broke the protocol: {exc}")
                return
            if cut.messages:
                decode = self._decoder.decode
                items = [decode(message) for message in cut.messages]
                self._inbox.put(self.generation, cut.messages, items)
            if cut.others:
                self._client.digest(cut.others)
                if self._client.socket() is not sock:
                    return
            # A TLS socket may hold decrypted bytes that the selector does not see.
            pending = getattr(sock, "pending", None)
            if self._inbox.is_full or (len(data) < RECEIVE_SIZE and not (pending and pending())):
                return

    def _send_waiting(self) -> None:
        while self._acknowledgements:
            generation, packets = self._acknowledgements.popleft()
            if generation == self.generation and self.counters.connected:
                self._client.send_acknowledgements(packets)
        while self._notices and self.counters.connected:
            topic, payload = self._notices.popleft()
            self._client.publish(topic, payload, qos=0)
        if self._client.want_write():
            self._client.loop_write()

    def _drain(self) -> None:
        """Settle and acknowledge what was received, then leave; the session stays at the broker."""
        deadline = time.monotonic() + DRAIN_TIMEOUT

        def unfinished() -> bool:
            waiting = self._inbox.books()["in_flight"] or self._acknowledgements
            return bool(waiting or self._client.want_write()) and time.monotonic() < deadline

        self._serve(unfinished, reading=False)
        self._inbox.wait_until_settled(max(0.0, deadline - time.monotonic()))
        if self._client.socket() is not None:
            self._send_waiting()
            self._client.disconnect()
            self._client.loop_write()
        self._wake_receive.close()
        self._wake_send.close()

    def _drop_connection(self, why: str) -> None:
        logger.error("connection dropped: %s", why, extra={"action": "connection_dropped"})
        self._client.end_of_stream()

    def _on_connect(
        self, client: mqtt.Client, _userdata: Any, flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            logger.error("broker refused us: %s", reason, extra={"action": "connect_refused"})
            return
        if self.expect_session and not flags.session_present:
            self.counters.session_lost += 1
            logger.error(
                "the broker has lost our session: messages it held for us may be gone",
                extra={"action": "session_lost"},
            )
        self.expect_session = True
        self.counters.connected = 1
        self.connected_since = time.monotonic()
        telemetry, status = TOPICS
        if self._group:
            telemetry = f"$share/{self._group}/{telemetry}"
        # Subscribed on every connect: a kept session would never learn a new topic. A retained
        # telemetry message is an old reading that came by already; a retained status is the state.
        client.subscribe(
            [
                (telemetry, SubscribeOptions(qos=1, retainHandling=2)),
                (status, SubscribeOptions(qos=1, retainHandling=1)),
            ]
        )
        logger.info(
            "connected to %s:%s, session %s",
            self._broker.host,
            self._broker.port,
            "resumed" if flags.session_present else "new",
            extra={"action": "connected"},
        )

    def _on_subscribe(
        self, _client: Any, _userdata: Any, _mid: int, reasons: Any, _properties: Any
    ) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            logger.error(
                "the broker refused a subscription: %s", refused, extra={"action": "not_subscribed"}
            )
        self.counters.subscribed = int(not refused)

    def _on_disconnect(
        self, _client: Any, _userdata: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if self.counters.connected:
            self.counters.reconnects += 1
            if not self._stopping.is_set():
                logger.warning("disconnected: %s", reason, extra={"action": "disconnected"})
        self.counters.connected = self.counters.subscribed = 0
        self.connected_since = None


def _watch(selector: selectors.BaseSelector, sock: Any, wanted: int) -> None:
    """Have the selector watch the socket for exactly `wanted`."""
    registered = selector.get_map().get(sock)
    if registered is None:
        if wanted:
            selector.register(sock, wanted)
    elif not wanted:
        selector.unregister(sock)
    elif registered.events != wanted:
        selector.modify(sock, wanted)
