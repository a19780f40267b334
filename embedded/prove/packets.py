"""The few MQTT 5.0 packets a device that publishes at QoS 1 needs. Pure.

Section numbers are those of MQTT 5.0. Written here because paho is the bridge's: a proof of the
bridge must not share its client.
"""

from __future__ import annotations

import struct

LEVEL = 5
KEEPALIVE = 60  # seconds
SESSION_EXPIRY = 3600  # seconds
RECEIVE_MAXIMUM = 65_535  # of a broker that does not say
CONNACK, PUBACK, PINGRESP = 0x20, 0x40, 0xD0
PING = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"
DUP = 0x08
SUCCESS, NO_SUBSCRIBERS = 0x00, 0x10  # reason codes of a PUBACK (3.4.2.1)
FAILURE = 0x80  # reason codes from here on refuse
_FOUR, _TWO, _TEXT = frozenset({0x11, 0x27}), frozenset({0x13, 0x21, 0x22}), 0x26


class ProtocolError(OSError):
    """The broker said something that this device does not understand."""


def _length(number: int) -> bytes:
    out = bytearray()
    while True:
        number, low = divmod(number, 128)
        out.append(low | (0x80 if number else 0))
        if not number:
            return bytes(out)


def _text(words: str | bytes) -> bytes:
    raw = words.encode() if isinstance(words, str) else words
    return struct.pack("!H", len(raw)) + raw


def connect(client_id: str, username: str | None, password: str | None) -> bytes:
    """A CONNECT that continues the session of this client id (3.1)."""
    flags = (0x80 if username is not None else 0) | (0x40 if password is not None else 0)
    properties = struct.pack("!BI", 0x11, SESSION_EXPIRY)
    body = _text("MQTT") + struct.pack("!BBH", LEVEL, flags, KEEPALIVE)
    body += _length(len(properties)) + properties + _text(client_id)
    for words in (username, password):
        if words is not None:
            body += _text(words)
    return b"\x10" + _length(len(body)) + body


def publish(topic: bytes, payload: bytes, mid: int, *, dup: bool) -> bytes:
    """A PUBLISH at QoS 1 without properties (3.3)."""
    body = _text(topic) + struct.pack("!HB", mid, 0) + payload
    return bytes([0x32 | (DUP if dup else 0)]) + _length(len(body)) + body


def receive_maximum(connack: bytes) -> int:
    """How many unacknowledged messages the broker takes (3.2.2.3.3). Raises when it refused us."""
    if len(connack) < 3 or connack[1]:
        raise ProtocolError(f"the broker refused the connection: reason {connack[1:2].hex()}")
    at, end = 3, 3 + connack[2]
    if connack[2] & 0x80:
        raise ProtocolError("the broker's CONNACK has more properties than a device reads")
    while at < end:
        kind = connack[at]
        at += 1
        if kind == 0x21:
            return int.from_bytes(connack[at : at + 2], "big")
        at += _size(kind, connack, at)
    return RECEIVE_MAXIMUM


def _size(kind: int, raw: bytes, at: int) -> int:
    """Bytes of the property value of that kind at that place (2.2.2.2)."""
    if kind in _FOUR:
        return 4
    if kind in _TWO:
        return 2
    if kind in {0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F, _TEXT}:
        size = 2 + int.from_bytes(raw[at : at + 2], "big")
        if kind == _TEXT:  # a pair of texts
            size += 2 + int.from_bytes(raw[at + size : at + size + 2], "big")
        return size
    return 1


class Packets:
    """Cuts received bytes into packets of (type, body)."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        raw = self._rest + data
        found, at = [], 0
        while (cut := _cut(raw, at)) is not None:
            start, at_end = cut
            found.append((raw[at] & 0xF0, raw[start:at_end]))
            at = at_end
        self._rest = raw[at:]
        return found


def _cut(raw: bytes, at: int) -> tuple[int, int] | None:
    """Where the body of the packet at `at` begins and ends; None while it is incomplete."""
    size = shift = 0
    for place in range(at + 1, min(at + 5, len(raw))):
        size |= (raw[place] & 0x7F) << shift
        shift += 7
        if not raw[place] & 0x80:
            end = place + 1 + size
            return (place + 1, end) if end <= len(raw) else None
    return None
