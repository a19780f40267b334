"""Decode MQTT 5 properties of a PUBLISH, for the eyes of whoever looks into quarantine.

Pure. Identifiers and types: MQTT 5.0, section 2.2.2.2. The hot path never calls this.
"""

from __future__ import annotations

MAX_PROPERTIES = 64  # kept of one message

BYTE, SHORT, INTEGER, VARIABLE, TEXT, BINARY, PAIR = range(7)
PUBLISH_PROPERTIES = {
    0x01: ("payload_format", BYTE),
    0x02: ("message_expiry_s", INTEGER),
    0x03: ("content_type", TEXT),
    0x08: ("response_topic", TEXT),
    0x09: ("correlation_data", BINARY),
    0x0B: ("subscription_identifier", VARIABLE),
    0x23: ("topic_alias", SHORT),
    0x26: ("user", PAIR),
}


def describe(raw: bytes) -> dict[str, object]:
    """The properties by name, text made safe for JSON in Postgres; what cannot be read is under
    `undecoded` as hex, and nothing is raised."""
    found: dict[str, object] = {}
    users: list[object] = []
    at = count = 0
    try:
        while at < len(raw) and count < MAX_PROPERTIES:
            name, kind = PUBLISH_PROPERTIES[raw[at]]
            value, at = _read(raw, at + 1, kind)
            count += 1
            if name == "user":
                users.append(value)
            else:
                found[name] = value
    except (KeyError, IndexError):
        found["undecoded"] = raw[at:].hex()[:512]
    if users:
        found["user"] = users
    return found


def _read(raw: bytes, at: int, kind: int) -> tuple[object, int]:
    if kind == BYTE:
        return raw[at], at + 1
    if kind == SHORT:
        return _big_endian(raw, at, 2), at + 2
    if kind == INTEGER:
        return _big_endian(raw, at, 4), at + 4
    if kind == VARIABLE:
        number = shift = 0
        while True:
            byte = raw[at]
            at += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number, at
    if kind == PAIR:
        key, at = _read(raw, at, TEXT)
        value, at = _read(raw, at, TEXT)
        return [key, value], at
    stop = at + 2 + _big_endian(raw, at, 2)
    if stop > len(raw):
        raise IndexError
    content = raw[at + 2 : stop]
    return (content.hex() if kind == BINARY else safe_text(content)), stop


def _big_endian(raw: bytes, at: int, size: int) -> int:
    if at + size > len(raw):
        raise IndexError
    return int.from_bytes(raw[at : at + size], "big")


def safe_text(content: bytes) -> str:
    """Any bytes as text Postgres can hold: not UTF-8 becomes U+FFFD, NUL becomes U+2400."""
    return content.decode("utf-8", "replace").replace("\x00", "\u2400")
