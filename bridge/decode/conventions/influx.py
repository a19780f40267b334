"""Influx line protocol over MQTT: `measurement,tag=a field=1 timestamp`, several lines. Pure.

What a measurement means is its user's: the device is in a tag, or in the topic. Each line that is
wrong costs itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from bridge.decode import foreign_time, telegraf_names
from bridge.decode.device_readings import DeviceReadings
from bridge.decode.items import Item, Problem, Reason, Rejected, Value
from bridge.decode.json_values import MAX_TEXT, exact, is_storable
from bridge.decode.scalars import number_of
from bridge.decode.state import State
from bridge.decode.tolerant import Undecodable, text_of
from bridge.message import MAX_PAYLOAD, Message

NAME = "influx"
FILTERS = ("telegraf/#", "influx/#")
BY_TOPIC = 62  # on a topic of Telegraf's own
BY_PAYLOAD = 40
MAX_LINES = 5_000  # of a message
MAX_LOOKED_AT = 4_096  # bytes of a payload that show whether it is line protocol

# Possessive throughout: a backslash before what is not escaped is itself, and no part of a line is
# looked at twice.
_KEY = r"(?:\\[,= ]|[^,= \n\r])++"
_MEASUREMENT = r"(?:\\[, ]|[^, \n\r])++"
_VALUE = r'(?:"(?:\\.|[^"\\])*+"|[^,\s"]++)'
_LINE = re.compile(
    rf"(?P<measurement>{_MEASUREMENT})(?P<tags>(?:,{_KEY}={_KEY})*+)"
    rf"[ ]++(?P<fields>{_KEY}={_VALUE}(?:,{_KEY}={_VALUE})*+)"
    r"(?:[ ]++(?P<time>-?[0-9]{1,19}))?[ ]*+(?:\r?\n|$)",
    re.DOTALL,
)
_TAG = re.compile(rf",({_KEY})=({_KEY})")
_FIELD = re.compile(rf"({_KEY})=({_VALUE}),?", re.DOTALL)
_ESCAPED = re.compile(r"\\([,= ])")
_ESCAPED_TEXT = re.compile(r'\\(["\\])')
_INTEGER = re.compile(r"[+-]?[0-9]{1,20}[iu]")
# The beginning of a line whose first field has a value there can be.
_BEGINNING = re.compile(
    rf"{_MEASUREMENT}(?:,{_KEY}={_KEY})*+[ ]++{_KEY}="
    r'(?:"|[+-]?(?:[0-9]|\.[0-9])|(?:[tT](?:rue|RUE)?|[fF](?:alse|ALSE)?)(?=[,\s]|$))'
)
BOOLEANS = {
    **dict.fromkeys(("t", "T", "true", "True", "TRUE"), True),
    **dict.fromkeys(("f", "F", "false", "False", "FALSE"), False),
}


class Line(NamedTuple):
    """One point."""

    measurement: str
    tags: dict[str, str]
    fields: dict[str, Value]
    time: str  # digits; "" if it has none


def matches(topic: str, payload: bytes) -> int:
    """By what the payload begins with; a topic of Telegraf's makes it surer."""
    if payload[:1] in (b"{", b"[", b'"', b"") or b"=" not in payload[:MAX_LOOKED_AT]:
        return 0
    text = payload[:MAX_LOOKED_AT].decode("utf-8", "ignore").lstrip()
    while text.startswith("#"):  # a comment
        text = text.partition("\n")[2].lstrip()
    if not _BEGINNING.match(text):
        return 0
    return reach(topic)


def reach(topic: str) -> int:
    """The most it claims of a topic, whatever the payload."""
    return BY_TOPIC if topic.startswith("telegraf/") else BY_PAYLOAD


def decode(message: Message, state: State) -> list[Item]:
    """The points of each device. Never raises for bad data."""
    names = telegraf_names.Names(state.context.topic(message.topic))
    if len(message.payload) > MAX_PAYLOAD:
        detail = f"{len(message.payload)} bytes, over {MAX_PAYLOAD}"
        return [Rejected(names.uid, Problem(Reason.TOO_LARGE, detail))]
    try:
        text = text_of(message.payload)
    except Undecodable as exc:
        return [Rejected(names.uid, exc.problem)]
    found = DeviceReadings(message, state)
    for line in _lines(text, found):
        time_us = foreign_time.read(line.time, message.received_us) if line.time else 0
        found.clock_replaced |= bool(line.time) and not time_us
        names.add(found, line.measurement, line.tags, line.fields, time_us)
    return found.or_rejected(names.uid)


def _lines(text: str, found: DeviceReadings) -> Iterator[Line]:
    """The points of a payload; what is wrong is reported."""
    at, number = 0, 0
    while at < len(text):
        if text[at] in "\r\n \t":
            at += 1
            continue
        number += 1
        if number > MAX_LINES:
            found.report(Reason.TOO_MANY_VALUES, f"more than {MAX_LINES} lines in one message")
            return
        match = None if text[at] == "#" else _LINE.match(text, at)
        if match is None:
            if text[at] != "#":
                detail = f"line {number} is no line protocol: {text[at : at + 40]!a}"
                found.report(Reason.MALFORMED_LINE, detail)
            end = text.find("\n", at)
            at = end + 1 if end >= 0 else len(text)
            continue
        at = match.end()
        measurement, tags, fields, time = match.groups()
        yield Line(
            _unescaped(measurement),
            {_unescaped(key): _unescaped(value) for key, value in _TAG.findall(tags)},
            _fields(fields, number, found),
            time or "",
        )


def _fields(text: str, number: int, found: DeviceReadings) -> dict[str, Value]:
    fields: dict[str, Value] = {}
    for key, written in _FIELD.findall(text):
        value = _value(written)
        if value is None:
            detail = f"line {number}: {key[:40]!a} is {written[:40]!a}"
            found.report(Reason.UNSUPPORTED_VALUE, detail)
        else:
            fields.setdefault(_unescaped(key), value)
    return fields


def _value(written: str) -> Value | None:
    if written[0] == '"':
        text = _ESCAPED_TEXT.sub(r"\1", written[1:-1])
        return text if len(text) <= MAX_TEXT and is_storable(text) else None
    if written[-1] in "iu" and _INTEGER.fullmatch(written):
        return exact(int(written[:-1]))
    number = number_of(written)
    if type(number) is str:
        return float(number)  # without an `i` it is a float, however many digits it has
    return BOOLEANS.get(written) if number is None else number


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text
