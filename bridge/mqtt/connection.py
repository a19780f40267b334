"""The MQTT connection: messages in, acknowledgements out. Nothing outside this package knows paho.

paho keeps the connection, the session and the keepalive. PUBLISH packets never reach it: they are
cut out of one receive buffer here, and acknowledged in one send per committed batch, in receive
order, only on the connection they came from. Everything runs in the thread that calls `run`.
"""

from __future__ import annotations

import contextlib
import logging
import selectors
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from bridge.commit.inbox import Inbox
from bridge.intake.columns import Intake
from bridge.message import Message
from bridge.mqtt.client import Client
from bridge.mqtt.confirmation import RESENT_WITHIN, Confirmation
from bridge.mqtt.packet import PINGRESP, MalformedPacket, PacketCutter
from bridge.mqtt.retained import Retained
from bridge.mqtt.session import KEEPALIVE, Broker, Session
from bridge.mqtt.subscriptions import Subscriptions
from devices.clock import now_us
from telemetry.workers.backoff import Backoff

__all__ = ["KEEPALIVE", "Broker", "Source"]

logger = logging.getLogger(__name__)

RECEIVE_SIZE = 256 * 1024  # bytes of one read
READS_PER_TURN = 8  # reads before acknowledgements and keepalive get their turn
TURN = 0.5  # seconds between looks at keepalive when nothing happens
FULL_TURN = 0.02  # seconds between looks at whether the inbox has room again
LONGEST_PAUSE = 15.0  # seconds of not reading while full; then reconnect, before keepalive ends it
FIRST_BACKOFF, LONGEST_BACKOFF = 0.5, 30.0  # seconds between two attempts to connect
DRAIN_TIMEOUT = 10.0  # seconds to finish what was received when told to stop
QUIET = 3.0  # seconds without a message after which a session that retires counts as empty
MAX_NOTICES = 1_000  # error messages to devices waiting to be sent
RETAINED_PER_TURN = 200  # retained messages before what arrived gets its turn


class Source:
    """Reads one durable session into an inbox until stopped."""

    def __init__(
        self, broker: Broker, inbox: Inbox, intake: Intake, subscriptions: Subscriptions
    ) -> None:
        self.session = Session(broker, subscriptions)
        self.counters = self.session.counters
        self._inbox = inbox
        self._intake = intake
        intake.subscriptions = subscriptions
        self._change: Subscriptions | None = None  # what to listen to instead
        self._acknowledgements: deque[tuple[int, bytes, int]] = deque()
        self._confirmation = Confirmation(intake.deliveries)
        self._heard_at = 0.0  # monotonic seconds
        self._notices: deque[tuple[str, bytes]] = deque(maxlen=MAX_NOTICES)
        self._retained = Retained()
        self._stopping = threading.Event()
        self._wake_receive, self._wake_send = socket.socketpair()
        self._wake_receive.setblocking(False)
        self._wake_send.setblocking(False)
        self._cutter = PacketCutter(version5=True)
        self._full_since: float | None = None  # monotonic seconds

    def acknowledge(self, generation: int, packets: bytes, serial: int) -> None:
        """Send these PUBACKs if the connection is still the one they belong to. `serial`: of the
        newest delivery among them, see `bridge.intake.redelivery`."""
        if packets:
            self._acknowledgements.append((generation, packets, serial))
            self._wake()

    def notify(self, topic: str, payload: bytes) -> None:
        """Publish a notice at QoS 0; the oldest is dropped when too many wait."""
        if len(self._notices) == MAX_NOTICES:
            self.counters.notices_dropped += 1
        self._notices.append((topic, payload))

    def retain(self, messages: Mapping[str, bytes]) -> bool:
        """Publish retained, at QoS 0: what is lost is lost with the connection, and whoever gives
        gives all of it again on the next one (`session.generation`). False when too many wait."""
        taken = self._retained.put(messages)
        self._wake()
        return taken

    def has_sent(self) -> bool:
        """Whether nothing that is to be retained waits any more."""
        return self._retained.is_empty()

    def begin_with(self, subscriptions: Subscriptions) -> None:
        """What to subscribe on the first connection. Call it before that."""
        self.session.subscriptions = self._intake.subscriptions = subscriptions

    def listen_to(self, subscriptions: Subscriptions) -> None:
        """Listen to these instead, from a moment on. They are noted already."""
        self._change = subscriptions
        self._wake()

    def stop(self) -> None:
        """Stop reading, finish what was received, disconnect. Safe in a signal handler."""
        self.session.ending = True
        self._stopping.set()
        self._wake()

    def behind(self) -> float:
        """For how many seconds, at least, messages for us have been waiting in the broker and in
        the connection: a ping is answered behind them. Any thread may ask."""
        return self._confirmation.behind()

    def connected_for_ms(self) -> int:
        """How long the broker has been connected, in milliseconds; 0 while it is not. Any thread
        may ask."""
        since = self.session.connected_since
        return 0 if since is None else round((time.monotonic() - since) * 1_000)

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def _wake(self) -> None:
        # Full of wake-ups already; or closed, when a second signal comes at the very end.
        with contextlib.suppress(OSError):
            self._wake_send.send(b"\0")

    def run(
        self,
        give_up: Callable[[], bool],
        turn: Callable[[], None] = lambda: None,
        failed: Callable[[Exception], None] = lambda _exc: None,
    ) -> None:
        """Connect, read and reconnect until `stop`, or until `give_up()`; then drain. `turn` is
        called as long as all goes on, `failed` after a mistake in what reads: it costs the
        connection and not the thread, for what was not acknowledged comes again."""
        backoff = Backoff(FIRST_BACKOFF, LONGEST_BACKOFF)

        def going_on() -> bool:
            turn()
            self.session.empty = self.session.retiring and self._is_empty()
            if give_up() or self.session.empty:
                self.stop()
            return not self._stopping.is_set()

        while going_on():
            self._cutter = PacketCutter(version5=True)
            # What waited is not acknowledged, and the broker sends it again.
            self._intake.waiting = []
            self._confirmation.begin()
            self._heard_at = time.monotonic()
            mistake: Exception | None = None
            try:
                if self.session.connect():
                    self._serve(going_on, reading=True)
            except Exception as exc:  # noqa: BLE001  (told by `failed`)
                mistake = exc
                failed(exc)
                self._drop_connection("reading failed")
            if self.session.was_accepted and mistake is None:
                backoff.reset()
            if not self._stopping.is_set():
                self._stopping.wait(backoff.wait())
        self._drain()

    def _serve(self, going_on: Callable[[], bool], *, reading: bool) -> None:
        """Read and write the connected socket while `going_on()` and the connection lasts."""
        sock = self._client.socket()
        self._full_since = None
        misc_due = 0.0
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_receive, selectors.EVENT_READ)
            while sock is not None and going_on() and self._is_open(sock):
                full = reading and self._is_full_now()
                if reading and not full and self.counters.connected:
                    self._intake.allowance.reads()
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
                    self._confirm()
                    self._listen()
                    misc_due = time.monotonic() + TURN

    def _is_open(self, sock: Any) -> bool:
        return self._client.socket() is sock

    def _is_full_now(self) -> bool:
        """Whether reading must pause; drops the connection when it has paused too long."""
        if self._intake.waiting and not self._inbox.is_full:
            self._take_in(self._intake.waiting)
        if not self._inbox.is_full and not self._intake.waiting:
            self._full_since = None
            return False
        self._full_since = self._full_since or time.monotonic()
        if time.monotonic() - self._full_since > LONGEST_PAUSE:
            self._drop_connection("too many messages wait for the database, or for a time")
        return True

    def _turn(self, selector: selectors.BaseSelector, sock: Any, timeout: float) -> None:
        ready = selector.select(timeout)
        since = self.session.connected_since
        if timeout == TURN and not ready and since and time.monotonic() - since > RESENT_WITHIN:
            self._intake.allowance.caught_up()
        for key, events in ready:
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
                cut = self._cutter.feed(data, now_us())
            except MalformedPacket as exc:
                self._drop_connection(f"the broker broke the protocol: {exc}")
                return
            if cut.messages:
                self._take_in(cut.messages)
            if cut.others and not self._digest(cut.others, sock):
                return
            # A TLS socket may hold decrypted bytes that the selector does not see.
            pending = getattr(sock, "pending", None)
            full = self._inbox.is_full or self._intake.waiting
            if full or (len(data) < RECEIVE_SIZE and not (pending and pending())):
                return

    @property
    def _client(self) -> Client:
        return self.session.client

    def _is_empty(self) -> bool:
        """Whether the session, which has no subscriptions any more, has given all it held, and
        that is in the database."""
        books = self._inbox.books()
        quiet = time.monotonic() - self._heard_at > QUIET
        return self.session.narrowed and quiet and not (books["in_flight"] or books["spooled"])

    def _take_in(self, messages: list[Message]) -> None:
        self._heard_at = time.monotonic()
        if self.session.sweeping and messages[-1].retain:
            self.session.swept()
        for batch in self._intake.batches(self.session.generation, messages):
            self._inbox.put(batch)

    def _digest(self, packets: list[bytes], sock: Any) -> bool:
        """Whether the connection lasts after these."""
        if PINGRESP in packets:
            self._confirmation.answered(all_taken=not self._intake.waiting)
        self._client.digest(packets)
        return self._is_open(sock)

    def _listen(self) -> None:
        """Keep what is subscribed as it is wanted."""
        if self._change is not None:
            wanted, self._change = self._change, None
            self._intake.subscriptions = wanted
            self.session.change(wanted)
        if self._full_since is None:
            self.session.end_sweep()
        else:
            self.session.swept()

    def _confirm(self) -> None:
        if self.session.lost:
            self.session.lost = False
            self._confirmation.session_lost()
        self._confirmation.ask(self.session.connected_since, self._client.ping)

    def _send_waiting(self) -> None:
        while self._acknowledgements:
            generation, packets, serial = self._acknowledgements.popleft()
            if generation == self.session.generation and self.counters.connected:
                self._client.send_acknowledgements(packets)
                self._confirmation.acknowledged(serial)
        while self._notices and self.counters.connected:
            topic, payload = self._notices.popleft()
            self._client.publish(topic, payload, qos=0)
        if self._client.want_write():
            self._client.loop_write()
        self._send_retained()

    def _send_retained(self) -> None:
        """As many as the socket takes: paho would queue them without a bound."""
        if self.counters.connected and not self._client.want_write():
            for topic, payload in self._retained.take(RETAINED_PER_TURN):
                self._client.publish(topic, payload, qos=0, retain=True)
            if self._client.want_write():
                self._client.loop_write()
            if not self._retained.is_empty():
                self._wake()

    def _drain(self) -> None:
        """Finish and acknowledge what was received, then leave; the session stays at the broker."""
        deadline = time.monotonic() + DRAIN_TIMEOUT

        def unfinished() -> bool:
            waiting = self._inbox.books()["in_flight"] or self._acknowledgements
            return bool(waiting or self._client.want_write()) and time.monotonic() < deadline

        self._serve(unfinished, reading=False)
        self._inbox.wait_until_finished(max(0.0, deadline - time.monotonic()))
        if self._client.socket() is not None:
            self._send_waiting()
            self.session.leave()
            self._client.loop_write()
        self._wake_receive.close()
        self._wake_send.close()

    def _drop_connection(self, why: str) -> None:
        logger.error("connection dropped: %s", why, extra={"action": "connection_dropped"})
        self._client.end_of_stream()


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
