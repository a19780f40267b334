"""Sparkplug B: each device is an edge node. Its data name metrics and datatypes, so that they can
be read without a birth; it does not listen to commands."""

from __future__ import annotations

import struct

from firmware_sim.dialects.publication import Publication, Speaker
from firmware_sim.models import Metric, Value, Values

NAME = "sparkplug"
STAMPED = True

INT64, DOUBLE, BOOLEAN, TEXT = 4, 10, 11, 12  # datatypes
KINDS = {"boolean": BOOLEAN, "text": TEXT}
BD_SEQ = 0  # of its one session: a will that comes late is as good as none

_sequence: dict[str, int] = {}  # the number of its newest message, by uid


def announce(device: Speaker) -> list[Publication]:
    _sequence[device.uid] = 0
    born = [_metric("bdSeq", INT64, BD_SEQ), _metric("Node Control/Rebirth", BOOLEAN, False)]
    born += [_metric("Properties/Hardware Model", TEXT, device.model.kind)]
    born += [_defined(metric) for metric in device.model.metrics]
    return [Publication(_topic(device, "NBIRTH"), b"".join(born) + _varint(3, 0))]


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:
    seq = _sequence[device.uid] = (_sequence.get(device.uid, 0) + 1) % 256
    told = b"".join(
        _metric(name.replace(".", "/"), _datatype(value), value) for name, value in values.items()
    )
    payload = _varint(1, round(time * 1_000)) + told + _varint(3, seq)
    return [Publication(_topic(device, "NDATA"), payload)]


def will(device: Speaker) -> Publication:
    return Publication(_topic(device, "NDEATH"), _metric("bdSeq", INT64, BD_SEQ))


def _topic(device: Speaker, message: str) -> str:
    return f"spBv1.0/{device.site.slug}/{message}/{device.uid}"


def _datatype(value: Value) -> int:
    if isinstance(value, bool):
        return BOOLEAN
    return TEXT if isinstance(value, str) else DOUBLE


def _defined(metric: Metric) -> bytes:
    """A metric of a birth that has no value yet, with its unit."""
    unit = _text(1, b"engUnit") + _text(2, _varint(1, TEXT) + _text(8, metric.unit.encode()))
    inner = _text(1, metric.name.replace(".", "/").encode())
    inner += _varint(4, KINDS.get(metric.kind, DOUBLE)) + _varint(7, 1)
    return _text(2, inner + (_text(9, unit) if metric.unit else b""))


def _metric(name: str, datatype: int, value: Value) -> bytes:
    inner = _text(1, name.encode()) + _varint(4, datatype)
    if datatype == INT64:
        inner += _varint(11, int(value))
    elif datatype == BOOLEAN:
        inner += _varint(14, int(value))
    elif datatype == TEXT:
        inner += _text(15, str(value).encode())
    else:
        inner += _number(13 << 3 | 1) + struct.pack("<d", value)
    return _text(2, inner)


def _varint(field: int, value: int) -> bytes:
    return _number(field << 3) + _number(value)


def _text(field: int, value: bytes) -> bytes:
    return _number(field << 3 | 2) + _number(len(value)) + value


def _number(value: int) -> bytes:
    digits = bytearray()
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    digits.append(value)
    return bytes(digits)
