"""The MQTT connection: messages in, acknowledgements out. Nothing outside this package knows paho.

paho keeps the connection, the session and the keepalive. PUBLISH packets never reach it: they are
cut out of one receive buffer here, and acknowledged in one send per committed batch, in receive
order, only on the connection they came from. Everything runs in the thread that calls `run`.
"""

from __future__ import annotations

import selectors
import threading
import time
from collections.abc import Callable
from typing import Any

from bridge.commit.inbox import Inbox
from bridge.intake.columns import Intake
from bridge.mqtt.broker import Broker
from bridge.mqtt.client import Client
from bridge.mqtt.confirmation import RESENT_WITHIN, Confirmation
from bridge.mqtt.order import ReceiveOrder
from bridge.mqtt.outbound import Outbound
from bridge.mqtt.receiver import Receiver
from bridge.mqtt.session import Session
from bridge.mqtt.socket_wait import SocketWait
from bridge.mqtt.subscriptions import Subscriptions
from telemetry.workers.backoff import Backoff

TURN = 0.5  # seconds between looks at keepalive when nothing happens
FULL_TURN = 0.02  # seconds between looks at whether the inbox has room again
ASIDE_TURN = 0.005  # the same for what was put aside
FIRST_BACKOFF, LONGEST_BACKOFF = 0.5, 30.0  # seconds between two attempts to connect
DRAIN_TIMEOUT = 10.0  # seconds to finish what was received when told to stop


class Source:
    """Reads one durable session into an inbox until stopped."""

    def __init__(
        self,
        broker: Broker,
        inbox: Inbox,
        intake: Intake,
        subscriptions: Subscriptions,
        *,
        retiring: bool = False,
    ) -> None:
        """`retiring`: stop once the session is empty and all it held is in the database."""
        self.session = Session(broker, subscriptions, retiring=retiring)
        self.counters = self.session.counters
        self._inbox = inbox
        self._intake = intake
        intake.subscriptions = subscriptions
        self._change: Subscriptions | None = None  # what to listen to instead
        self._confirmation = Confirmation(intake.deliveries)
        self._wait = SocketWait()
        self._order = ReceiveOrder()
        confirmation, order = self._confirmation, self._order
        self.outbound = Outbound(self.session, confirmation, order, self._wait.wake)
        self._receiver = Receiver(self.session, inbox, intake, confirmation, order)
        self._stopping = threading.Event()

    def begin_with(self, subscriptions: Subscriptions) -> None:
        """What to subscribe on the first connection. Call it before that."""
        self.session.subscriber.subscriptions = self._intake.subscriptions = subscriptions

    def listen_to(self, subscriptions: Subscriptions) -> None:
        """Listen to these instead, from a moment on. They are noted already."""
        self._change = subscriptions
        self._wait.wake()

    def stop(self) -> None:
        """Stop reading, finish what was received, disconnect. Safe in a signal handler."""
        self.session.ending = True
        self._stopping.set()
        self._wait.wake()

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
            self.session.empty = self.session.retiring and self._receiver.is_empty()
            if give_up() or self.session.empty:
                self.stop()
            return not self._stopping.is_set()

        while going_on():
            self._receiver.begin()
            self._confirmation.begin()
            mistake: Exception | None = None
            try:
                if self.session.connect():
                    self._serve(going_on, reading=True)
            except Exception as exc:  # noqa: BLE001  (told by `failed`)
                mistake = exc
                failed(exc)
                self.session.drop("reading failed")
            if self.session.was_accepted and mistake is None:
                backoff.reset()
            if not self._stopping.is_set():
                self._stopping.wait(backoff.wait())
        self._drain()

    def _serve(self, going_on: Callable[[], bool], *, reading: bool) -> None:
        """Read and write the connected socket while `going_on()` and the connection lasts."""
        sock = self._client.socket()
        self._receiver.full_since = None
        misc_due = 0.0
        with self._wait.watching():
            while sock is not None and going_on() and self.session.is_open(sock):
                full = (reading or bool(self._receiver.ahead)) and self._receiver.is_full()
                if reading and not full and self.counters.connected:
                    self._intake.allowance.reads()
                self.outbound.send()
                if not self.session.is_open(sock):
                    return
                self._turn(sock, reads=reading and not full, timeout=FULL_TURN if full else TURN)
                if time.monotonic() >= misc_due and self.session.is_open(sock):
                    self._client.loop_misc()
                    self._confirm()
                    self._listen()
                    self._end_if_lost()
                    misc_due = time.monotonic() + TURN

    def _turn(self, sock: Any, *, reads: bool, timeout: float) -> None:
        ahead = self._receiver.ahead
        goes_on = self._receiver.has_turn()
        if ahead:
            timeout = 0.0 if goes_on else ASIDE_TURN
        wanted = selectors.EVENT_READ if reads and not ahead.is_full else 0
        if self._client.want_write():
            wanted |= selectors.EVENT_WRITE
        events = self._wait.wait(sock, wanted, timeout)
        if events is None and not goes_on:
            since = self.session.connected_since
            if timeout == TURN and since and time.monotonic() - since > RESENT_WITHIN:
                self._intake.allowance.caught_up()
            return
        events = events or 0
        if events & selectors.EVENT_READ:
            self._receiver.read(sock)
        if goes_on and self._receiver.has_turn() and self.session.is_open(sock):
            self._receiver.go_on(sock)
        if events & selectors.EVENT_WRITE and self.session.is_open(sock):
            self._client.loop_write()

    @property
    def _client(self) -> Client:
        return self.session.client

    def _listen(self) -> None:
        """Keep what is subscribed as it is wanted."""
        if self._change is not None:
            wanted, self._change = self._change, None
            self._intake.subscriptions = wanted
            self.session.change(wanted)
        if self._receiver.full_since is None:
            self.session.subscriber.end_sweep(self._client)
        else:
            self.session.subscriber.swept()

    def _end_if_lost(self) -> None:
        """Where an acknowledgement waits for one that does not come, nothing would be acknowledged
        any more, and nobody's messages would come."""
        finished = self._receiver.has_finished()  # before: what is finished then was given to send
        if finished and self._order and not self.outbound.holds_acknowledgements:
            self.session.drop("a message that came is gone")

    def _confirm(self) -> None:
        if self.session.lost:
            self.session.lost = False
            self._confirmation.session_lost()
        self._confirmation.ask(self.session.connected_since, self._client.ping)

    def _drain(self) -> None:
        """Finish and acknowledge what was received, then leave; the session stays at the broker."""
        deadline = time.monotonic() + DRAIN_TIMEOUT

        def unfinished() -> bool:
            waiting = (
                self._receiver.ahead
                or self._inbox.books()["in_flight"]
                or self.outbound.holds_acknowledgements
            )
            return bool(waiting or self._client.want_write()) and time.monotonic() < deadline

        self._serve(unfinished, reading=False)
        self._inbox.wait_until_finished(max(0.0, deadline - time.monotonic()))
        if self._client.socket() is not None:
            self.outbound.send()
            self.session.leave()
            self._client.loop_write()
        self._wait.close()
