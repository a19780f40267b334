"""The session at the broker: how it is opened, what is subscribed, what became of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from paho.mqtt import client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from bridge.mqtt.client import Client
from bridge.mqtt.packet import MAX_PACKET
from bridge.mqtt.subscriptions import SEND_KEPT, SWEEP, Subscriptions

logger = logging.getLogger(__name__)

RECEIVE_MAXIMUM = 20_000  # messages in flight to us: several full batches
SESSION_EXPIRY = 7 * 86_400  # seconds the broker keeps our queue while we are away
KEEPALIVE = 30  # seconds
CONNECT_TIMEOUT = 5.0  # seconds
# Connections in a row that a broker ended over a filter that begins with `$` (rumqttd does, instead
# of refusing it); then none is asked for any more. One alone may be the network's doing.
MAX_ENDED = 2
SWEEP_QUIET = 3.0  # seconds without a kept message after which there is none left


@dataclass(frozen=True, slots=True)
class Broker:
    """Where and as whom to connect."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    tls: bool = False
    files: Mapping[str, str] = field(default_factory=dict)  # paths of ca, cert and key, for TLS

    @classmethod
    def of(cls, url: Any) -> Broker:
        """The one that a setting names, such as `settings.MQTT`."""
        return cls(url.host, url.port, url.username, url.password, url.tls, url.files)


@dataclass(slots=True)
class SourceCounters:
    """Written by the network thread only."""

    connected: int = 0
    subscribed: int = 0
    reconnects: int = 0
    session_lost: int = 0
    notices_dropped: int = 0


class Session:
    """One durable MQTT 5 session under a client id of its own. Lives in the network thread."""

    def __init__(self, broker: Broker, subscriptions: Subscriptions) -> None:
        self.counters = SourceCounters()
        self.generation = 0  # of the connection; counts them
        self.connected_since: float | None = None  # monotonic seconds
        self.expected = False  # whether the broker should know us already
        self.lost = False  # by the broker: it sends nothing again
        self.was_accepted = False  # by the broker, on the newest connection
        self.ending = False  # so that a lost connection is no news
        self._essential: set[int | None] = set()  # packet identifiers of SUBSCRIBEs not answered
        self.retiring = False  # empty it and end it, instead of going on with it
        self.empty = False  # that is done: it has no subscriptions and holds nothing
        self.narrowed = False  # the broker has our subscriptions and no others
        self.subscriptions = subscriptions
        self.sweeping = False  # fetch what the broker kept
        self._refused = False  # one of them, on this connection
        self._reserved: set[int | None] = set()  # of filters that begin with `$`, not answered
        self._ended_at_reserved = 0  # connections in a row
        self._swept_at = 0.0  # monotonic seconds: the newest kept message, or when we asked
        self._broker = broker
        self._unwanted: list[str] = []
        self._unanswered: set[int] = set()  # packet identifiers of what the broker has to answer
        self.client = self._make_client("")

    def continue_as(self, client_id: str, subscribed: Iterable[str]) -> None:
        """Go on with the session of this id, which may have those subscriptions."""
        self.client = self._make_client(client_id)
        kept = () if self.retiring else self.subscriptions.names
        # Those of no group as well: an earlier version noted nothing.
        self._unwanted = sorted({*subscribed, *Subscriptions().names}.difference(kept))

    def change(self, subscriptions: Subscriptions) -> None:
        """Listen to these from now on. They are noted already."""
        names = {*self._unwanted, *self.subscriptions.names, *subscriptions.names}
        self._unwanted = sorted(names.difference(subscriptions.names))
        self.subscriptions = subscriptions
        if self.counters.connected:
            self._subscribe(self.client)

    def _make_client(self, client_id: str) -> Client:
        client = Client(client_id=client_id, manual_ack=True)
        client.connect_timeout = CONNECT_TIMEOUT
        if self._broker.username is not None:
            client.username_pw_set(self._broker.username, self._broker.password)
        if self._broker.tls:
            files = self._broker.files
            client.tls_set(files.get("ca"), files.get("cert"), files.get("key"))
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_unsubscribe = self._on_unsubscribe
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
        self._subscribe(client)
        logger.info(
            "connected to %s:%s, session %s",
            self._broker.host,
            self._broker.port,
            "resumed" if flags.session_present else "new",
            extra={"action": "connected"},
        )

    def _subscribe(self, client: mqtt.Client) -> None:
        """On every connect: a kept session would never learn a new topic, and never lose an old
        one. What it holds already is delivered all the same."""
        self._unanswered = set()
        if self._unwanted:
            self._note(client.unsubscribe(self._unwanted)[1])
        if not self.retiring:
            self._essential, self._reserved, self._refused = set(), set(), False
            essential = self.subscriptions.essential
            wanted = list(zip(self.subscriptions.names, self.subscriptions.each, strict=True))
            # Our own last: as the broker answers in order, its answer speaks for all.
            for name, one in sorted(wanted, key=lambda pair: pair[0] in essential):
                reserved = one.filter.startswith("$")
                if reserved and self._ended_at_reserved >= MAX_ENDED:
                    continue
                options = SubscribeOptions(qos=one.qos, retainHandling=one.retain_handling)
                mid = client.subscribe([(name, options)], properties=_with(one.identifier))[1]
                self._note(mid)
                if name in essential:
                    self._essential.add(mid)
                if reserved:
                    self._reserved.add(mid)
            if self.sweeping:
                kept = SubscribeOptions(qos=1, retainHandling=SEND_KEPT)
                sweep = [(each, kept) for each in self.subscriptions.sweep]
                client.subscribe(sweep, properties=_with(SWEEP))
                self._swept_at = time.monotonic()
        self._narrow()

    def _narrow(self) -> None:
        self.narrowed = not (self._unanswered or self.sweeping)

    def swept(self) -> None:
        """A kept message came, or there was no room for one."""
        self._swept_at = time.monotonic()

    def end_sweep(self) -> None:
        """Once nothing more comes: give up what was subscribed for it."""
        connected = self.counters.subscribed and not self.retiring
        if self.sweeping and connected and time.monotonic() - self._swept_at > SWEEP_QUIET:
            self.sweeping = False
            self._note(self.client.unsubscribe(list(self.subscriptions.sweep))[1])
            self._narrow()

    def _note(self, mid: int | None) -> None:
        if mid is not None:
            self._unanswered.add(mid)

    def leave(self) -> None:
        """Disconnect. The session stays at the broker, unless it is retired."""
        properties = Properties(PacketTypes.DISCONNECT)
        if self.empty:
            properties.SessionExpiryInterval = 0
        self.client.disconnect(properties=properties)

    def _on_unsubscribe(
        self, _client: Any, _userdata: Any, mid: int, _reasons: Any, _properties: Any
    ) -> None:
        # Also where there was nothing to unsubscribe.
        self._unanswered.discard(mid)
        self._narrow()

    def _on_subscribe(
        self, _client: Any, _userdata: Any, mid: int, reasons: Any, _properties: Any
    ) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        self._unanswered.discard(mid)
        self._narrow()
        if refused:
            logger.log(
                logging.ERROR if mid in self._essential else logging.WARNING,
                "the broker refused %d of %d subscriptions, what comes there goes unseen: %s",
                len(refused),
                len(reasons),
                refused[0],
                extra={"action": "not_subscribed"},
            )
        if mid in self._reserved:
            self._reserved.discard(mid)
            self._ended_at_reserved = 0
        if mid in self._essential:
            self._essential.discard(mid)
            self._refused |= bool(refused)
            if not self._essential:
                self.counters.subscribed = int(not self._refused)
                if not self._refused:
                    # Only from now on does the broker keep messages for a session that is new.
                    logger.info("subscribed", extra={"action": "subscribed"})

    def _on_disconnect(
        self, _client: Any, _userdata: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if self.counters.connected:
            self.counters.reconnects += 1
            if not self.ending:
                logger.warning("disconnected: %s", reason, extra={"action": "disconnected"})
        if self._reserved and not self.ending:
            self._reserved = set()
            self._ended_at_reserved += 1
            if self._ended_at_reserved == MAX_ENDED:
                logger.warning(
                    "the broker ends the connection over topics that begin with $: what comes"
                    " there (AWS IoT shadows) goes unseen",
                    extra={"action": "not_subscribed"},
                )
        self.counters.connected = self.counters.subscribed = 0
        self.narrowed = False
        self.connected_since = None


def _with(identifier: int) -> Properties | None:
    """The properties of a SUBSCRIBE whose messages are to name it."""
    if not identifier:
        return None
    properties = Properties(PacketTypes.SUBSCRIBE)
    properties.SubscriptionIdentifier = identifier
    return properties
