"""The packets of MQTT 3.1.1 and 5 that such a device sends, and our answers. Pure.

Only what the device API needs: QoS 0 and 1, no session that outlives a connection, nothing sent to
the device but answers. Layouts: MQTT 3.1.1 and MQTT 5.0, chapters 2 and 3.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from bridge.message import MAX_PAYLOAD
from bridge.mqtt.packet import MalformedPacket, variable_integer

CONNECT, PUBLISH, SUBSCRIBE, UNSUBSCRIBE, PINGREQ, DISCONNECT = 1, 3, 8, 10, 12, 14
MAX_CONNECT = 16 * 1024  # bytes of a CONNECT with its last will
MAX_PACKET = MAX_PAYLOAD + 16 * 1024  # bytes: what is a little too large is told so
MAX_FILTERS = 100  # of one SUBSCRIBE
INSIDE_A_FIELD = "a packet ends inside a field"
LEVEL_5, LEVEL_311 = 5, 4
PINGRESP = b"\xd0\x00"
RECEIVE_MAXIMUM = 20  # messages of a device that wait for their acknowledgement, as it is told

# Reason codes of MQTT 5, and of 3.1.1's CONNACK where that has one.
SUCCESS = 0x00
MALFORMED = 0x81
UNSUPPORTED_LEVEL = 0x84
BAD_TOKEN = 0x86
UNAVAILABLE = 0x88
TAKEN_OVER = 0x8E
INVALID_TOPIC = 0x90
TOO_LARGE = 0x95
TOO_MANY = 0x97
INVALID_PAYLOAD = 0x99
QOS_NOT_SUPPORTED = 0x9B
CONNECT_CODES_311 = {SUCCESS: 0, UNSUPPORTED_LEVEL: 1, UNAVAILABLE: 3, TOO_MANY: 3, BAD_TOKEN: 4}
NOT_GRANTED_311 = 0x80
SUBSCRIPTION_REFUSED = 0x87

# Properties of a CONNECT: numbers with their size in bytes, and those that have their own length.
PROBLEM_INFORMATION, USER_PROPERTY = 0x17, 0x26
CONNECT_SIZES = {0x11: 4, 0x19: 1, 0x21: 2, 0x22: 2, 0x27: 4}
CONNECT_WORDS = (0x15, 0x16)
# Of a will's flag, its QoS and whether it is retained only the first says that something follows.
HAS_WILL, HAS_PASSWORD, HAS_NAME = 0x04, 0x40, 0x80


class Connect(NamedTuple):
    level: int  # of the protocol; nothing else is read of one that is not spoken
    client_id: str
    token: str  # the user name
    keep_alive: int  # seconds; 0: none
    hears_why: bool = True  # an answer may have a text


class Publish(NamedTuple):
    topic: str
    payload: bytes
    qos: int
    mid: int  # packet identifier; 0 at QoS 0


class Asked(NamedTuple):
    """A SUBSCRIBE or an UNSUBSCRIBE."""

    mid: int
    filters: list[tuple[str, int]]  # with the QoS that is wanted


class _Body:
    """What a packet has behind its fixed header, read from the left. What it lacks is malformed."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    def take(self, size: int) -> bytes:
        found = self._raw[self._at : self._at + size]
        if len(found) < size:
            raise MalformedPacket(INSIDE_A_FIELD)
        self._at += size
        return found

    def byte(self) -> int:
        return self.take(1)[0]

    def short(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def binary(self) -> bytes:
        return self.take(self.short())

    def text(self) -> str:
        try:
            return self.binary().decode()
        except UnicodeDecodeError as exc:
            raise MalformedPacket("a text is no UTF-8") from exc

    def properties(self) -> bytes:
        """All of them, undecoded."""
        try:
            size, self._at = variable_integer(self._raw, self._at, len(self._raw))
        except IndexError as exc:
            raise MalformedPacket(INSIDE_A_FIELD) from exc
        return self.take(size)

    def rest(self) -> bytes:
        return self._raw[self._at :]

    def mid(self) -> int:
        found = self.short()
        if not found:
            raise MalformedPacket("a packet identifier of 0")
        return found


def read_connect(raw: bytes) -> Connect:
    """Raises `MalformedPacket`."""
    body = _Body(raw)
    name, level, flags = body.binary(), body.byte(), body.byte()
    if (name, level) not in ((b"MQTT", LEVEL_311), (b"MQTT", LEVEL_5)):
        return Connect(0 if level < LEVEL_311 else level, "", "", 0)
    if flags & 0x01:
        raise MalformedPacket("a reserved flag of CONNECT is set")
    keep_alive = body.short()
    hears_why = level != LEVEL_5 or _hears_why(_Body(body.properties()))
    client_id = body.text()
    if flags & HAS_WILL:  # we see by ourselves that it is gone
        if level == LEVEL_5:
            body.properties()
        body.binary(), body.binary()
    token = body.text() if flags & HAS_NAME else ""
    return Connect(level, client_id, token, keep_alive, hears_why)


def _hears_why(properties: _Body) -> bool:
    """Whether Request Problem Information is not 0 (MQTT 5.0, 3.1.2.11.7)."""
    hears = True
    while properties.rest():
        what = properties.byte()
        if what == PROBLEM_INFORMATION:
            hears = properties.byte() != 0
        elif what in CONNECT_SIZES:
            properties.take(CONNECT_SIZES[what])
        elif what in (USER_PROPERTY, *CONNECT_WORDS):
            properties.binary()
            if what == USER_PROPERTY:
                properties.binary()
        else:
            raise MalformedPacket(f"CONNECT has no property {what}")
    return hears


def read_publish(raw: bytes, flags: int, level: int) -> Publish:
    """Raises `MalformedPacket`."""
    body, qos = _Body(raw), flags >> 1 & 3
    topic = body.text()
    if not topic or "+" in topic or "#" in topic or "\0" in topic:
        raise MalformedPacket("a PUBLISH to no topic")  # aliases are not offered
    mid = body.mid() if qos else 0
    if level == LEVEL_5:
        body.properties()
    return Publish(topic, body.rest(), qos, mid)


def read_asked(raw: bytes, level: int, *, subscribe: bool) -> Asked:
    """Raises `MalformedPacket`."""
    body = _Body(raw)
    mid = body.mid()
    if level == LEVEL_5:
        body.properties()
    filters: list[tuple[str, int]] = []
    while body.rest():
        filters.append((body.text(), body.byte() & 3 if subscribe else 0))
    if not 0 < len(filters) <= MAX_FILTERS:
        raise MalformedPacket(f"{len(filters)} filters: from 1 to {MAX_FILTERS} may be given")
    return Asked(mid, filters)


def connack(level: int, reason: int, *, assigned: str = "", keep_alive: int = 0) -> bytes:
    """`assigned`: the client id of one that has none; `keep_alive`: instead of its own, seconds."""
    if level != LEVEL_5:
        return bytes((0x20, 2, 0, CONNECT_CODES_311.get(reason, 5)))
    told = b""
    if reason == SUCCESS:
        told = struct.pack("!BIBHBBBI", 0x11, 0, 0x21, RECEIVE_MAXIMUM, 0x24, 1, 0x27, MAX_PACKET)
        if assigned:
            told += b"\x12" + _text(assigned)
        if keep_alive:
            told += struct.pack("!BH", 0x13, keep_alive)
    return _packet(0x20, bytes((0, reason)) + _counted(told))


def puback(mid: int, level: int, reason: int = SUCCESS, why: str = "") -> bytes:
    """MQTT 3.1.1 has no way to say no; a packet of 5 says why."""
    if level != LEVEL_5 or reason == SUCCESS:
        return struct.pack("!BBH", 0x40, 2, mid)
    told = b"\x1f" + _text(why) if why else b""
    return _packet(0x40, struct.pack("!HB", mid, reason) + _counted(told))


def suback(mid: int, level: int, reasons: Sequence[int]) -> bytes:
    return _packet(0x90, struct.pack("!H", mid) + b"\0" * (level == LEVEL_5) + bytes(reasons))


def unsuback(asked: Asked, level: int) -> bytes:
    told = b"\0" + bytes(len(asked.filters)) if level == LEVEL_5 else b""
    return _packet(0xB0, struct.pack("!H", asked.mid) + told)


def disconnect(level: int, reason: int) -> bytes:
    """What MQTT 5 is told before we hang up; 3.1.1 has no word for it."""
    return bytes((0xE0, 2, reason, 0)) if level == LEVEL_5 else b""


def _packet(head: int, body: bytes) -> bytes:
    return bytes((head,)) + _counted(body)


def _counted(raw: bytes) -> bytes:
    """With its length before it."""
    size, length = len(raw), b""
    while True:
        length += bytes((size & 0x7F | (0x80 if size > 0x7F else 0),))
        size >>= 7
        if not size:
            return length + raw


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("!H", len(raw)) + raw
