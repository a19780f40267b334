"""The messages of Sparkplug B (eclipse/tahu, sparkplug_b.proto), as far as they are read. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from bridge.decode.conventions.sparkplug import wire
from bridge.decode.conventions.sparkplug.wire import BYTES, FIXED32, FIXED64, VARINT, Malformed
from bridge.decode.short_cache import short_cache

MAX_METRICS = 10_000  # metrics of a payload
MAX_NAME = 1_000  # characters of a metric's name
MAX_KEYS = 100  # properties of a metric
MAX_CACHED = 20_000  # names that need not be read again

# What a field of a message must be on the wire; one that is anything else is skipped, as protobuf
# has it with fields it does not know.
_PAYLOAD = {1: VARINT, 2: BYTES, 3: VARINT}
_NAME, _PROPERTIES = wire.key_of(1, BYTES), wire.key_of(9, BYTES)
_ALIAS, _TIME, _DATATYPE = (wire.key_of(number, VARINT) for number in (2, 3, 4))
_IS_TRANSIENT, _IS_NULL = wire.key_of(6, VARINT), wire.key_of(7, VARINT)
_INT, _LONG, _BOOLEAN = (wire.key_of(number, VARINT) for number in (10, 11, 14))
_DOUBLE = wire.key_of(13, FIXED64)
_NUMBERS = frozenset({_ALIAS, _TIME, _DATATYPE, _INT, _LONG, _BOOLEAN})
_SELDOM = frozenset({_IS_TRANSIENT, _IS_NULL, _PROPERTIES})
# A metric has one value: the last of these.
_VALUES = {
    wire.key_of(number, kind): number
    for number, kind in (
        *((10, VARINT), (11, VARINT), (12, FIXED32), (13, FIXED64), (14, VARINT)),
        *((number, BYTES) for number in range(15, 19)),
    )
}
_PROPERTY = {1: VARINT, 2: VARINT, 3: VARINT, 4: VARINT, 8: BYTES}
_TEMPLATE = {2: BYTES, 4: BYTES, 5: VARINT}


class Metric(msgspec.Struct, gc=False):
    """One metric as it was sent; numbers without their sign."""

    name: str  # "" where only the alias says what it is
    alias: int | None
    time_ms: int | None
    datatype: int  # 0: not said
    field: int  # which of the value's fields holds it; 0: none
    value: Any
    is_transient: bool = False
    is_null: bool = False
    properties: bytes = b""


class Payload(NamedTuple):
    time_ms: int | None
    seq: int | None
    metrics: list[Metric]


def read(data: bytes) -> Payload:
    """Raises `Malformed`."""
    time_ms = seq = None
    metrics: list[Metric] = []
    for number, kind, value in wire.fields(data):
        if _PAYLOAD.get(number) != kind:
            continue
        if number == 1:
            time_ms = value
        elif number == 3:
            seq = value
        else:
            if len(metrics) >= MAX_METRICS:
                raise Malformed(f"more than {MAX_METRICS} metrics")
            metrics.append(_metric(value))
    return Payload(time_ms, seq, metrics)


def _metric(data: bytes) -> Metric:  # noqa: C901, PLR0912  (calls would cost what it saves)
    """The fields that nearly every metric has, one after another; of any other `_any_metric`."""
    name, datatype = b"", 0
    alias: int | None = None
    time_ms: int | None = None
    field = 0
    value: bytes | int | None = None
    at, end = 0, len(data)
    while at < end:
        key = data[at]
        at += 1
        if key == _DOUBLE:
            if end - at < 8:
                break
            field, value = 13, data[at : at + 8]
            at += 8
            continue
        number = data[at] if at < end else 0x80
        at += 1
        if number > 0x7F:
            if key not in _NUMBERS:
                return _any_metric(data)
            number, at = wire.varint_at(data, at - 1)
        if key == _NAME:
            if number > end - at:
                break
            name = data[at : at + number]
            at += number
        elif key == _ALIAS:
            alias = number
        elif key == _TIME:
            time_ms = number
        elif key == _DATATYPE:
            datatype = number
        elif key in (_BOOLEAN, _INT, _LONG):
            field, value = key >> 3, number
        else:
            return _any_metric(data)
    else:
        return Metric(_name(name) if name else "", alias, time_ms, datatype, field, value)
    return _any_metric(data)  # which says what is cut off


def _any_metric(data: bytes) -> Metric:
    found = wire.newest(data)
    field, value = 0, None
    for key in reversed(found):  # nearly always the first
        if key in _VALUES:
            field, value = _VALUES[key], found[key]
            break
    told = found.get
    name = _name(found[_NAME]) if _NAME in found else ""
    metric = Metric(name, told(_ALIAS), told(_TIME), told(_DATATYPE, 0), field, value)
    if not _SELDOM.isdisjoint(found):
        metric.is_transient = bool(told(_IS_TRANSIENT))
        metric.is_null = bool(told(_IS_NULL))
        metric.properties = told(_PROPERTIES, b"")
    return metric


@short_cache(MAX_CACHED)
def _name(data: bytes) -> str:
    return text(data)[:MAX_NAME]


class Template(NamedTuple):
    """An instance: metrics under the name of the metric that holds it."""

    is_definition: bool
    metrics: list[Metric]


def template(data: bytes) -> Template:
    """Raises `Malformed`."""
    is_definition = False
    metrics: list[Metric] = []
    for number, kind, value in wire.fields(data):
        if _TEMPLATE.get(number) != kind:
            continue
        if number == 5:
            is_definition = bool(value)
        elif number == 2:
            if len(metrics) >= MAX_METRICS:
                raise Malformed(f"more than {MAX_METRICS} metrics in a template")
            metrics.append(_metric(value))
    return Template(is_definition, metrics)


def properties(data: bytes) -> dict[str, str | int]:
    """The properties of a metric that are texts or whole numbers. Raises `Malformed`."""
    keys: list[str] = []
    values: list[str | int | None] = []
    for number, kind, value in wire.fields(data):
        if kind == BYTES and number == 1 and len(keys) < MAX_KEYS:
            keys.append(text(value))
        elif kind == BYTES and number == 2 and len(values) < MAX_KEYS:
            values.append(_property(value))
    pairs = zip(keys, values, strict=False)
    return {key: value for key, value in pairs if value is not None}


def _property(data: Any) -> str | int | None:
    found: dict[int, Any] = {}
    for number, kind, value in wire.fields(data):
        if _PROPERTY.get(number) == kind:
            found[number] = value
    if found.get(2):
        return None
    if 8 in found:
        return text(found[8])
    whole: int | None = found.get(3, found.get(4))
    return whole


def text(data: Any) -> str:
    """What is no UTF-8, and NUL, becomes U+FFFD: no database keeps it."""
    return bytes(data).decode("utf-8", "replace").replace("\0", "\ufffd")


def rebirth(now_us: int) -> bytes:
    """The command that has an edge node send its births again."""
    now_ms = now_us // 1_000
    metric = (
        wire.text(1, b"Node Control/Rebirth")
        + wire.varint(3, now_ms)
        + wire.varint(4, 11)  # Boolean
        + wire.varint(14, 1)
    )
    return wire.varint(1, now_ms) + wire.text(2, metric)
