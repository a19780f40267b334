"""A device with its connection: connects, forwards the outbox, comes back after a loss."""

from __future__ import annotations

import json
import random
import selectors
from dataclasses import dataclass

from firmware_sim.connection import Acked, Broker, Connection, Down, Event, Told, Up
from firmware_sim.device import Device
from firmware_sim.ledger import Ledger
from firmware_sim.loop import Loop
from firmware_sim.outbox import Purpose
from firmware_sim.tally import Tally

CONNACK_TIMEOUT = 10.0  # seconds from TCP connection to CONNACK
FIRST_BACKOFF = 0.5  # seconds; the n-th failure waits random(0, min(MAX, FIRST * 2**n))
MAX_BACKOFF = 30.0  # seconds
FORWARD_PAUSE = 0.1  # seconds between two stored-and-forwarded batches of one device
MAX_REASON = 120  # characters kept of an error the server told


@dataclass(slots=True)
class Surroundings:
    """What all sessions share."""

    loop: Loop
    broker: Broker
    tally: Tally
    ledger: Ledger | None
    rng: random.Random  # for back-off only; the faults and the physics have their own
    online: int = 0
    last_failure: str = ""
    shut_until: float = 0.0  # monotonic; nobody tries a broker that has just timed out


class Session:
    """Keeps `device` connected until told to end."""

    def __init__(self, device: Device, around: Surroundings) -> None:
        self.device = device
        self.ended = False
        self._around = around
        self._loop = around.loop
        self._tally = around.tally
        self._connection: Connection | None = None
        self._failures = 0
        self._away = False  # in an offline burst
        self._ending = False
        self._next_batch = 0.0  # monotonic; pace of forwarding
        self._batch_timer = False
        self._counted = False  # among the online ones
        self._met = False  # has been connected before

    @property
    def online(self) -> bool:
        return self._connection is not None and self._connection.up

    @property
    def unacked(self) -> int:
        return self._connection.unacked if self._connection else 0

    @property
    def idle(self) -> bool:
        """Nothing left to send or to be acknowledged."""
        return not self.device.outbox.waiting and not self.unacked

    def connect(self) -> None:
        """Open a connection, unless there is one or the device is meant to be away."""
        if self._connection is not None or self._away or self.ended:
            return
        if (pause := self._around.shut_until - self._loop.now()) > 0.0:
            self._loop.after(pause + self._around.rng.random(), self.connect)
            return
        try:
            connection = Connection(
                self.device.uid,
                self._around.broker,
                now=self._loop.now(),
                will=self.device.will(),
            )
        except OSError as error:
            self._tally.connect_failures += 1
            self._around.last_failure = str(error)
            if isinstance(error, TimeoutError):
                # Each try blocks the whole loop: one device at a time finds out, not thousands.
                self._around.shut_until = self._loop.now() + self._backoff()
            self._retry()
            return
        self._connection = connection
        self._loop.watch(connection.socket, self._on_ready)
        self._after_io()

    def burst(self) -> None:
        """Fault: vanish without a goodbye and come back later; set the next burst."""
        pause = self.device.faults.away()
        if self._connection is not None and not self._ending:
            self._tally.offline_bursts += 1
            self._away = True
            self._drop("offline burst")
            self._loop.after(pause, self._return)
        if (next_burst := self.device.faults.offline_in()) is not None:
            self._loop.after(pause + next_burst, self.burst)

    def pump(self) -> None:
        """Publish what the outbox holds, as far as window and pace allow."""
        self._fill()
        self._after_io()

    def _fill(self) -> None:
        connection = self._connection
        if connection is None or not connection.up:
            return
        outbox = self.device.outbox
        # Of a dialect one measurement may be many messages.
        limit = connection.limit if self.device.identity.dialect is None else 1
        while outbox.waiting and connection.unacked < limit:
            if self._loop.now() < self._next_batch:
                self._pump_later()
                break
            self._send_next(connection)

    def end_burst(self) -> None:
        """The simulation stops: an absent device comes back to hand over what it has."""
        self._ending = True
        self._away = False
        self._failures = 0
        self.connect()

    def say_offline(self) -> None:
        """Begin the clean end: `offline`, retained, then DISCONNECT once it is acknowledged."""
        if not self.online or self._connection is None:
            self._finish()
            return
        farewell = self.device.will()
        self._connection.announce([farewell] if farewell is not None else [])
        self._ending = True
        self._after_io()

    def close_if_said(self) -> None:
        """DISCONNECT when the broker has everything."""
        if self._connection is not None and self._connection.status_unacked == 0:
            self._finish()

    def give_up(self) -> None:
        """End now, whatever is unacknowledged."""
        self._finish()

    def tend(self) -> None:
        """Once a second: keep-alive and the patience for a CONNACK."""
        connection = self._connection
        if connection is None:
            return
        connection.misc()
        if not connection.up and self._loop.now() - connection.opened_at > CONNACK_TIMEOUT:
            connection.abandon("no CONNACK")
        self._after_io()

    def _send_next(self, connection: Connection) -> None:
        entry = self.device.outbox.take()
        if entry is None:
            return
        publications = self.device.publications(entry)
        if not publications:
            self.device.lost(entry)
            return
        if not all(connection.fits(one.payload) for one in publications):
            self.device.refused(entry)
            self._tally.messages_sent += 1
            self._tally.messages_refused += 1
            return
        connection.send(entry, publications)
        self._tally.messages_sent += 1
        match entry.purpose:
            case Purpose.STORED:
                self._tally.stored_sent += 1
                self._next_batch = self._loop.now() + FORWARD_PAUSE
            case Purpose.LATE:
                self._tally.late_sent += 1
            case Purpose.DUPLICATE:
                self._tally.duplicates_sent += 1
            case Purpose.MALFORMED:
                self._tally.malformed_sent += 1

    def _pump_later(self) -> None:
        if self._batch_timer:
            return
        self._batch_timer = True

        def due() -> None:
            self._batch_timer = False
            self.pump()

        self._loop.at(self._next_batch, due)

    def _on_ready(self, mask: int) -> None:
        connection = self._connection
        if connection is None:
            return
        if mask & selectors.EVENT_READ:
            connection.read()
        if mask & selectors.EVENT_WRITE:
            connection.write()
        self._after_io()

    def _after_io(self) -> None:
        """Write what is queued, handle what has happened, until both are quiet."""
        while (connection := self._connection) is not None:
            if connection.wants_write:
                connection.write()
            events = connection.events()
            for event in events:
                self._handle(event)
            if not events:
                break
        if connection is not None:
            self._loop.watch_writes(connection.socket, wanted=connection.wants_write)

    def _handle(self, event: Event) -> None:
        match event:
            case Up():
                self._on_up()
            case Down():
                self._on_down(event)
            case Acked(entry, refused) if entry is not None:
                if refused:
                    self._tally.messages_refused += 1
                    self.device.refused(entry)
                else:
                    self._tally.messages_acked += 1
                    if self._around.ledger is not None:
                        self._around.ledger.record(self.device, entry)
                    self.device.acked(entry)
                self._fill()
            case Told(payload):
                self._tally.told(_reason(payload))

    def _on_up(self) -> None:
        self._tally.connects += 1
        self._tally.reconnects += self._met
        self._met = True
        self._around.online += 1
        self._counted = True
        self._failures = 0
        if self._connection is not None:
            if self.device.identity.dialect is None:
                self._connection.listen()
            self._connection.announce(self.device.greetings())
        self._fill()

    def _on_down(self, down: Down) -> None:
        if self._connection is not None:
            self._loop.forget(self._connection.socket)
            self._connection = None
        was_up, self._counted = self._counted, False
        self._around.online -= was_up
        self._tally.messages_interrupted += len(down.unacked)
        self.device.outbox.give_back(down.unacked)
        if self._away or self.ended:
            return
        if was_up:
            self._tally.connection_losses += 1
        else:
            self._tally.connect_failures += 1
        self._around.last_failure = down.reason
        self._retry()

    def _drop(self, reason: str) -> None:
        if self._connection is not None:
            self._connection.abandon(reason)
            self._after_io()

    def _return(self) -> None:
        self._away = False
        self.connect()

    def _retry(self) -> None:
        self._loop.after(self._backoff(), self.connect)
        self._failures += 1

    def _backoff(self) -> float:
        """Full jitter, so that thousands of devices do not come back at one moment."""
        ceiling = min(MAX_BACKOFF, FIRST_BACKOFF * 2.0 ** min(self._failures, 10))
        return self._around.rng.uniform(0.0, ceiling)

    def _finish(self) -> None:
        self.ended = True
        if self._connection is not None and self._connection.up:
            self._connection.finish()
        self._drop("ended")


def _reason(payload: bytes) -> str:
    """What the server's error message gives as reason."""
    try:
        document = json.loads(payload)
    except ValueError:
        return "not JSON"
    reason = document.get("reason") if isinstance(document, dict) else None
    return str(reason)[:MAX_REASON] if reason else "no reason given"
