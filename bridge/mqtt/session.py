"""The session at the broker: how it is opened, and what became of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from paho.mqtt import client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from bridge.mqtt.broker import Broker
from bridge.mqtt.client import Client
from bridge.mqtt.packet import MAX_PACKET
from bridge.mqtt.subscriber import Subscriber
from bridge.mqtt.subscriptions import Subscriptions

logger = logging.getLogger(__name__)

RECEIVE_MAXIMUM = 40_000  # messages in flight to us: several full batches
SESSION_EXPIRY = 7 * 86_400  # seconds the broker keeps our queue while we are away
KEEPALIVE = 30  # seconds


@dataclass(slots=True)
class SourceCounters:
    """Written by the network thread only."""

    connected: int = 0
    reconnects: int = 0
    session_lost: int = 0


class Session:
    """One durable MQTT 5 session under a client id of its own. Lives in the network thread."""

    def __init__(self, broker: Broker, subscriptions: Subscriptions, *, retiring: bool) -> None:
        """`retiring`: empty it and end it, instead of going on with it."""
        self.counters = SourceCounters()
        self.subscriber = Subscriber(subscriptions, retiring=retiring)
        self.generation = 0  # of the connection; counts them
        self.connected_since: float | None = None  # monotonic seconds
        self.expected = False  # whether the broker should know us already
        self.lost = False  # by the broker: it sends nothing again
        self.was_accepted = False  # by the broker, on the newest connection
        self.ending = False  # so that a lost connection is no news
        self.retiring = retiring
        self.empty = False  # it is retired: it has no subscriptions and holds nothing
        self._broker = broker
        self.client = self._make_client("")

    def continue_as(self, client_id: str, subscribed: Iterable[str]) -> None:
        """Go on with the session of this id, which may have those subscriptions."""
        self.client = self._make_client(client_id)
        self.subscriber.take_over(subscribed)

    def change(self, subscriptions: Subscriptions) -> None:
        """Listen to these from now on. They are noted already."""
        self.subscriber.want(subscriptions)
        if self.counters.connected:
            self.subscriber.ask(self.client)

    def _make_client(self, client_id: str) -> Client:
        client = Client(client_id=client_id, manual_ack=True)
        self._broker.prepare(client)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self.subscriber.on_subscribe
        client.on_unsubscribe = self.subscriber.on_unsubscribe
        # Registering tells paho not to write from whichever thread queues a packet.
        client.on_socket_register_write = lambda *_: None
        return client

    def connect(self) -> bool:
        """Open a connection; False when the broker cannot be reached. Whether it accepts us shows
        in `counters.connected`, later."""
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_EXPIRY
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        properties.MaximumPacketSize = MAX_PACKET
        self.generation += 1
        self.was_accepted = False
        self.client.begin()
        try:
            self.client.connect(
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

    def _on_connect(
        self, client: mqtt.Client, _userdata: Any, flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            logger.error("broker refused us: %s", reason, extra={"action": "connect_refused"})
            return
        self.lost = not flags.session_present
        if self.expected and not flags.session_present:
            self.counters.session_lost += 1
            logger.error(
                "the broker has lost our session: messages it held for us may be gone",
                extra={"action": "session_lost"},
            )
        self.expected = True
        self.was_accepted = True
        self.counters.connected = 1
        self.connected_since = time.monotonic()
        self.subscriber.ask(client)
        logger.info(
            "connected to %s:%s, session %s",
            self._broker.host,
            self._broker.port,
            "resumed" if flags.session_present else "new",
            extra={"action": "connected"},
        )

    def is_open(self, sock: Any) -> bool:
        """Whether this is the socket of the connection there is."""
        return self.client.socket() is sock

    def drop(self, why: str) -> None:
        """End the connection, for another to be made; what is not acknowledged comes again."""
        logger.error("connection dropped: %s", why, extra={"action": "connection_dropped"})
        self.client.end_of_stream()

    def leave(self) -> None:
        """Disconnect. The session stays at the broker, unless it is retired."""
        properties = Properties(PacketTypes.DISCONNECT)
        if self.empty:
            properties.SessionExpiryInterval = 0
        self.client.disconnect(properties=properties)

    def _on_disconnect(
        self, _client: Any, _userdata: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if self.counters.connected:
            self.counters.reconnects += 1
            if not self.ending:
                logger.warning("disconnected: %s", reason, extra={"action": "disconnected"})
        self.subscriber.end(by_us=self.ending)
        self.counters.connected = 0
        self.connected_since = None
