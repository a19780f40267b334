"""One MQTT connection of one device: paho, driven from outside, for a single generation.

A reconnect makes a new `Connection` with a new paho client. Reusing one would make paho resend what
it had in flight on its own, beside the outbox that does the same, and would let the message ids of
two connections meet.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from paho.mqtt.client import Client, MQTTMessage, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from firmware_sim.dialects.publication import Publication
from firmware_sim.outbox import Entry

KEEPALIVE = 30  # seconds
CONNECT_TIMEOUT = 2.0  # seconds the TCP handshake may block the loop
MAX_UNACKED = 10  # telemetry messages of one device on their way; mosquitto allows 20 by default
PACKET_OVERHEAD = 128  # bytes a PUBLISH has besides payload and topic, at most
PORTS = {"mqtt": 1883, "mqtts": 8883}
PROTOCOLS: dict[str, MQTTProtocolVersion] = {"5": MQTTv5, "3.1.1": MQTTv311}


class Broker(NamedTuple):
    """Where the broker is, how to enter, and what proves who it is and who we are."""

    host: str
    port: int
    username: str | None
    password: str | None
    protocol: str
    tls: ssl.SSLContext | None = None

    @classmethod
    def parse(cls, url: str, protocol: str = "5") -> Broker:
        """From mqtt://[user:pass@]host[:port] or mqtts://…?ca=FILE&cert=FILE&key=FILE; ValueError
        says what is wrong with `url`."""
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname or parts.path not in ("", "/"):
            raise ValueError("The broker's URL must look like mqtt[s]://[user:pass@]host:port.")
        files = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if unknown := files.keys() - {"ca", "cert", "key"}:
            raise ValueError(f"The broker's URL has no option {min(unknown)}: write ca, cert, key.")
        if files and parts.scheme == "mqtt":
            raise ValueError("The broker's URL names certificates: it must start with mqtts://.")
        user = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        port = parts.port or PORTS[parts.scheme]
        tls = _tls(files) if parts.scheme == "mqtts" else None
        return cls(parts.hostname, port, user, password, protocol, tls)


def _tls(files: dict[str, str]) -> ssl.SSLContext:
    """Checks the broker's certificate and name against `ca`, otherwise the system's. One for all
    devices: reading the system's authorities takes longer than a connection."""
    try:
        context = ssl.create_default_context(cafile=files.get("ca"))
        if "cert" in files:
            context.load_cert_chain(files["cert"], files.get("key"))
    except OSError as error:
        raise ValueError(f"The certificates of the broker's URL cannot be read: {error}") from error
    return context


@dataclass(frozen=True, slots=True)
class Up:
    """The broker has accepted the connection."""


@dataclass(frozen=True, slots=True)
class Down:
    """The connection is over; `unacked` are the entries without a PUBACK, in the order sent."""

    reason: str
    unacked: list[Entry]


@dataclass(frozen=True, slots=True)
class Acked:
    """A PUBACK for `entry`; `entry` is None for a status message."""

    entry: Entry | None
    refused: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A message on the device's error topic."""

    payload: bytes


Event = Up | Down | Acked | Told


class Connection:
    """Opens at once; call `read`, `write` and `misc` as the socket wants, then `events`."""

    def __init__(
        self, uid: str, broker: Broker, *, now: float, will: Publication | None = None
    ) -> None:
        self.uid = uid
        self.opened_at = now
        self.up = False
        self.limit = MAX_UNACKED
        self.status_unacked = 0
        self._max_packet: int | None = None  # bytes the broker takes, when it says so
        self._pending: dict[int, Entry | None] = {}
        self._events: list[Event] = []
        self._over = False
        self._client = self._make_client(broker, will)
        self._client.connect(broker.host, broker.port, KEEPALIVE)
        sock: Any = self._client.socket()
        if sock is None:
            raise ConnectionError("no socket after connecting")
        self.socket: Any = sock
        # Two small packets in a row would otherwise wait for the delayed ACK of the first.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client.loop_write()

    def _make_client(self, broker: Broker, will: Publication | None) -> Client:
        protocol = PROTOCOLS[broker.protocol]
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self.uid,
            protocol=protocol,
            # The outbox is the session; one kept by the broker too would repeat it.
            clean_session=None if protocol == MQTTv5 else True,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_TIMEOUT
        client.max_inflight_messages_set(2 * MAX_UNACKED)  # never reached: `limit` is lower
        if will is not None:
            client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        if broker.username is not None:
            client.username_pw_set(broker.username, broker.password)
        if broker.tls is not None:
            client.tls_set_context(broker.tls)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_socket_register_write = _write_later
        return client

    @property
    def wants_write(self) -> bool:
        return self._client.want_write()

    @property
    def unacked(self) -> int:
        """Telemetry messages on their way."""
        return len(self._pending) - self.status_unacked

    def events(self) -> list[Event]:
        """What has happened since the last call. Collected instead of called, because publishing
        from inside a paho callback meets the locks paho holds around it."""
        events, self._events = self._events, []
        return events

    def read(self) -> None:
        self._client.loop_read()
        # A TLS socket may hold decrypted bytes that no selector sees.
        while not self._over and (pending := getattr(self.socket, "pending", None)) and pending():
            self._client.loop_read()

    def write(self) -> None:
        self._client.loop_write()

    def misc(self) -> None:
        """Keep-alive; at least once a second."""
        self._client.loop_misc()

    def announce(self, publications: Iterable[Publication]) -> None:
        """Publish what measures nothing: whether it is there, who it is."""
        for topic, payload, retain in publications:
            info = self._client.publish(topic, payload, qos=1, retain=retain)
            self._pending[info.mid] = None
            self.status_unacked += 1

    def listen(self) -> None:
        """Subscribe to what the server tells this device."""
        self._client.subscribe(f"devices/{self.uid}/errors", qos=1)

    def fits(self, payload: bytes) -> bool:
        """Whether the broker takes a packet of this size; sending a larger one is a protocol error
        that would end the connection, again and again."""
        return self._max_packet is None or len(payload) + PACKET_OVERHEAD <= self._max_packet

    def send(self, entry: Entry, publications: list[Publication]) -> None:
        """Publish the messages of `entry`, which is acknowledged with the last."""
        *others, (topic, payload, retain) = publications
        self.announce(others)
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        self._pending[info.mid] = entry

    def finish(self) -> None:
        """DISCONNECT, so that the will does not fire."""
        self._client.disconnect()
        self._client.loop_write()

    def abandon(self, reason: str) -> None:
        """Close the TCP connection without DISCONNECT: the broker sends the will."""
        self._end(reason)

    def _end(self, reason: str) -> None:
        if self._over:
            return
        self._over = True
        self.up = False
        unacked = [entry for entry in self._pending.values() if entry is not None]
        self._pending.clear()
        self.status_unacked = 0
        self._events.append(Down(reason, unacked))
        self.socket.close()

    def _on_connect(self, _c: Client, _u: Any, _f: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            self._end(f"refused: {reason}")
            return
        self.limit = min(MAX_UNACKED, getattr(properties, "ReceiveMaximum", MAX_UNACKED))
        self._max_packet = getattr(properties, "MaximumPacketSize", None)
        self.up = True
        self._events.append(Up())

    def _on_disconnect(self, _c: Client, _u: Any, _f: Any, reason: Any, _p: Any) -> None:
        self._end(str(reason))

    def _on_publish(self, _c: Client, _u: Any, mid: int, reason: Any, _p: Any) -> None:
        if mid not in self._pending:
            return
        entry = self._pending.pop(mid)
        if entry is None:
            self.status_unacked -= 1
        self._events.append(Acked(entry, reason.is_failure))

    def _on_message(self, _c: Client, _u: Any, message: MQTTMessage) -> None:
        self._events.append(Told(bytes(message.payload)))


def _write_later(_client: Client, _userdata: Any, _socket: Any) -> None:
    """paho writes at once from `publish` unless this callback exists; the loop writes instead, one
    time for all that was published."""
