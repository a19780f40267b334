"""Protocol Buffers on the wire: what Sparkplug B needs of it, and no more. Pure.

Written here instead of taken from a library: docs/decisions/0024-own-reader-of-protobuf.md.
"""

from __future__ import annotations

from typing import Any

from bridge.errors import BridgeError

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # wire types; 3 and 4, groups, nobody sends
MAX_VARINT = 10  # bytes of 64 bits, seven in each


class Malformed(BridgeError):
    """The bytes are no message."""


def fields(data: bytes) -> list[tuple[int, int, Any]]:
    """Number, wire type and value of each field, in order; a number as it is on the wire, without
    a sign. Raises `Malformed` at the first that is cut off or cannot be."""
    found: list[tuple[int, int, Any]] = []
    at, end = 0, len(data)
    while at < end:
        key = data[at]  # nearly all keys and most lengths are one byte
        at += 1
        if key > 0x7F:
            key, at = varint_at(data, at - 1)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            if at < end and data[at] < 0x80:
                value = data[at]
                at += 1
            else:
                value, at = varint_at(data, at)
            found.append((number, kind, value))
            continue
        if kind == BYTES:
            if at < end and data[at] < 0x80:
                size = data[at]
                at += 1
            else:
                size, at = varint_at(data, at)
        elif kind in (FIXED64, FIXED32):
            size = 8 if kind == FIXED64 else 4
        else:
            raise Malformed(f"at byte {at}: the wire type {kind} is not used")
        if size > end - at:
            raise Malformed(f"at byte {at}: {size} bytes are announced, {end - at} are there")
        found.append((number, kind, data[at : at + size]))
        at += size
    return found


def newest(data: bytes) -> dict[int, Any]:
    """The last value of each field by its key (number and wire type, see `key_of`), in the order in
    which they were met last. Raises `Malformed` as `fields` does: this is its quick form, for
    messages of which there are many."""
    found: dict[int, Any] = {}
    at, end = 0, len(data)
    while at < end:
        key = data[at]
        at += 1
        if key > 0x7F:
            key, at = varint_at(data, at - 1)
        kind = key & 7
        if key in found:  # rarely, and asking costs less than `pop`
            del found[key]  # noqa: RUF051
        if kind in (VARINT, BYTES):
            if at < end and data[at] < 0x80:
                size = data[at]
                at += 1
            else:
                size, at = varint_at(data, at)
            if kind == VARINT:
                found[key] = size
                continue
        elif kind == FIXED64:
            size = 8
        elif kind == FIXED32:
            size = 4
        else:
            raise Malformed(f"at byte {at}: the wire type {kind} is not used")
        if size > end - at:
            raise Malformed(f"at byte {at}: {size} bytes are announced, {end - at} are there")
        found[key] = data[at : at + size]
        at += size
    return found


def key_of(number: int, kind: int) -> int:
    """What stands before a field."""
    return number << 3 | kind


def varint_at(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins there, cut to 64 bits, and where the next begins."""
    value = shift = 0
    for place in range(at, min(len(data), at + MAX_VARINT)):
        byte = data[place]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, place + 1
        shift += 7
    raise Malformed(f"at byte {at}: a number does not end")


def varint(number: int, value: int) -> bytes:
    """A field with a number."""
    return _number(number << 3 | VARINT) + _number(value)


def text(number: int, value: bytes) -> bytes:
    """A field with bytes, a text or a message."""
    return _number(number << 3 | BYTES) + _number(len(value)) + value


def _number(value: int) -> bytes:
    digits = bytearray()
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    digits.append(value)
    return bytes(digits)
