"""Cut MQTT packets out of received bytes: PUBLISH into messages, the rest whole for paho.

Pure: bytes in, messages out. paho reads a packet with three or more system calls and several locks;
cutting all packets out of one large read is what makes the bridge fast (docs/decisions/0004).
Packet layout: MQTT 5.0, sections 2.1 and 3.3.
"""

from __future__ import annotations

from typing import NamedTuple

from bridge.errors import BridgeError
from bridge.message import Message

MAX_PACKET = 16 * 1024 * 1024  # bytes; told to the broker as Maximum Packet Size

PUBLISH = 0x30
PINGRESP = b"\xd0\x00"
QOS_BITS = 0x06
DUP_BIT = 0x08
RETAIN_BIT = 0x01


class MalformedPacket(BridgeError):
    """The bytes do not follow the protocol; the connection is of no further use."""


class Cut(NamedTuple):
    messages: list[Message]
    others: list[bytes]  # complete packets of every other type, in order


class PacketCutter:
    """Turns the bytes of one connection into packets; keeps the incomplete tail between calls."""

    def __init__(self, *, version5: bool) -> None:
        self._version5 = version5
        self._wanted = 0  # bytes the incomplete packet needs before another look makes sense
        self._parts: list[bytes] = []
        self._held = 0

    def feed(self, data: bytes, received_us: int) -> Cut:
        """All packets that are complete now. Raises `MalformedPacket`."""
        self._parts.append(data)
        self._held += len(data)
        if self._held < self._wanted:  # a large packet: join once, not per read
            return Cut([], [])
        buffer = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        messages, others, position = self._cut(buffer, received_us)
        tail = buffer[position:]
        self._parts = [tail] if tail else []
        self._held = len(tail)
        return Cut(messages, others)

    def _cut(self, buffer: bytes, received_us: int) -> tuple[list[Message], list[bytes], int]:
        messages: list[Message] = []
        others: list[bytes] = []
        publish = self._publish
        position, end = 0, len(buffer)
        self._wanted = 0
        while end - position >= 2:
            length = buffer[position + 1]
            body = position + 2
            if length > 127:
                try:
                    length, body = variable_integer(buffer, position + 1, end)
                except IndexError:
                    break
                if length > MAX_PACKET:
                    raise MalformedPacket(f"a packet of {length} bytes, over {MAX_PACKET}")
            stop = body + length
            if stop > end:
                self._wanted = stop - position
                break
            head = buffer[position]
            if head & 0xF0 == PUBLISH:
                messages.append(publish(buffer, head, body, stop, received_us))
            else:
                others.append(buffer[position:stop])
            position = stop
        return messages, others, position

    def _publish(self, buffer: bytes, head: int, body: int, stop: int, received_us: int) -> Message:
        """The message between `body` (its variable header) and `stop`."""
        try:
            at = body + 2 + (buffer[body] << 8 | buffer[body + 1])
            topic = buffer[body + 2 : at]
            mid = 0
            if head & QOS_BITS:
                mid = buffer[at] << 8 | buffer[at + 1]
                at += 2
            properties = b""
            if self._version5:
                size = buffer[at]
                at += 1
                if size > 127:
                    size, at = variable_integer(buffer, at - 1, stop)
                if size:
                    properties = buffer[at : at + size]
                    at += size
        except IndexError as exc:
            raise MalformedPacket("a PUBLISH ends inside its header") from exc
        if at > stop or not topic:
            raise MalformedPacket("a PUBLISH with no topic, or a header longer than itself")
        return Message(
            topic,
            buffer[at:stop],
            mid,
            head & DUP_BIT != 0,
            head & RETAIN_BIT != 0,
            properties,
            received_us,
        )


def variable_integer(buffer: bytes, at: int, end: int) -> tuple[int, int]:
    """A variable byte integer at `at` and the position after it (MQTT 5.0, 1.5.5).

    Raises `IndexError` when it is not complete before `end`, `MalformedPacket` past four bytes.
    """
    value = shift = 0
    for position in range(at, at + 4):
        if position >= end:
            raise IndexError
        byte = buffer[position]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position + 1
        shift += 7
    raise MalformedPacket("a length of more than four bytes")
