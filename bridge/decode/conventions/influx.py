"""Influx line protocol, over MQTT and HTTP: `measurement,tag=a field=1 timestamp`, in lines. Pure.

What a measurement means is its user's: the device is in a tag, or in the topic. Each line that is
wrong costs itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from bridge.decode import foreign_time, telegraf_names
from bridge.decode.device_readings import DeviceReadings
from bridge.decode.device_time import EARLIEST_US, LATEST_AHEAD_US
from bridge.decode.items import Item, Problem, Reason, Rejected, Value
from bridge.decode.reading import MAX_VALUES
from bridge.decode.scalars import number_of
from bridge.decode.short_cache import short_cache
from bridge.decode.state import State
from bridge.decode.tolerant import Undecodable, text_of
from bridge.decode.values import MAX_TEXT, exact, is_storable
from bridge.message import MAX_PAYLOAD, Message

NAME = "influx"
FILTERS = ("telegraf/#", "influx/#")
BY_TOPIC = 62  # on a topic that is for line protocol
BY_PAYLOAD = 40
MAX_LINES = 5_000  # of a message
MAX_CACHED = 4_096  # tags of lines that need not be taken apart again
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
# Key, what is written, and its digits again where it is a plain decimal fraction, or an integer
# that a float holds.
_DIGITS = "[+-]?(?:0|[1-9][0-9]{0,14})"
_FIELD = re.compile(
    rf"({_KEY})=(({_DIGITS}\.[0-9]{{1,30}}+(?=,|$))|({_DIGITS})[iu](?=,|$)|{_VALUE}),?", re.DOTALL
)
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
    number: int  # which line of the payload, from 1


class Told(Protocol):
    """Hears what is wrong with values."""

    def report(self, reason: Reason, detail: str, /) -> None:
        """Of one of them."""


def matches(topic: str, payload: bytes) -> int:
    """By what the payload begins with; a topic for line protocol makes it surer."""
    if payload[:1] in (b"{", b"[", b'"', b"") or b"=" not in payload[:MAX_LOOKED_AT]:
        return 0
    text = payload[:MAX_LOOKED_AT].decode("utf-8", "ignore").lstrip()
    while text.startswith("#"):  # a comment
        text = text.partition("\n")[2].lstrip()
    return reach(topic) if _BEGINNING.match(text) else 0


def reach(topic: str) -> int:
    """The most it claims of a topic, whatever the payload."""
    return BY_TOPIC if topic.startswith(("telegraf/", "influx/")) else BY_PAYLOAD


def decode(message: Message, state: State) -> list[Item]:
    """The points of each device. Never raises for bad data."""
    names = telegraf_names.of_topic(state.context.topic(message.topic))
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


def written(uid: str, message: Message, unit_ns: int, state: State) -> list[Item]:
    """What a device writes as Influx takes it, its timestamps counted in `unit_ns`. A point whose
    time cannot be true is left out: it was measured before, and not now."""
    if len(message.payload) > MAX_PAYLOAD:
        detail = f"{len(message.payload)} bytes, over {MAX_PAYLOAD}"
        return [Rejected(uid, Problem(Reason.TOO_LARGE, detail))]
    try:
        text = text_of(message.payload)
    except Undecodable as exc:
        return [Rejected(uid, exc.problem)]
    found = DeviceReadings(message, state)
    latest_us = message.received_us + LATEST_AHEAD_US
    for line in _lines(text, found):
        time_us = int(line.time) * unit_ns // 1_000 if line.time else 0
        if line.time and not EARLIEST_US <= time_us <= latest_us:
            detail = f"line {line.number}: {line.time} is before 2000 or over a day ahead"
            found.report(Reason.IMPLAUSIBLE_TIMESTAMP, detail)
            continue
        values = telegraf_names.of_one_device(uid, line.measurement, line.tags, line.fields)
        found.add(uid, time_us, values)
    return found.or_rejected(uid)


def cut(payload: bytes) -> list[bytes]:
    """The payload as several that each are decoded whole, between lines."""
    if (
        len(payload) <= MAX_PAYLOAD
        and payload.count(b"=") <= MAX_VALUES
        and payload.count(b"\n") < MAX_LINES
    ):
        return [payload]
    pieces, begin, lines, values = [], 0, 0, 0
    for start, end, _ in scanned(payload.decode("latin-1")):  # a character a byte
        more = payload.count(b"=", start, end)
        if lines >= MAX_LINES or values + more > MAX_VALUES or end - begin > MAX_PAYLOAD:
            if start > begin:
                pieces.append(payload[begin:start])
            begin, lines, values = start, 0, 0
        lines, values = lines + 1, values + more
    return [*pieces, payload[begin:]]


def scanned(text: str) -> Iterator[tuple[int, int, re.Match[str] | None]]:
    """Where each line begins and ends, and what is in it; None for what is no point."""
    at = 0
    while at < len(text):
        if text[at] in "\r\n \t":
            at += 1
            continue
        match = None if text[at] == "#" else _LINE.match(text, at)
        end = match.end() if match else text.find("\n", at) + 1 or len(text)
        yield at, end, match
        at = end


def _lines(text: str, found: DeviceReadings) -> Iterator[Line]:
    """The points of a payload; what is wrong is reported."""
    for number, (at, _, match) in enumerate(scanned(text), 1):
        if number > MAX_LINES:
            found.report(Reason.TOO_MANY_VALUES, f"more than {MAX_LINES} lines in one message")
            return
        if match is None:
            if text[at] != "#":
                detail = f"line {number} is no line protocol: {text[at : at + 40]!a}"
                found.report(Reason.MALFORMED_LINE, detail)
            continue
        yield point(match, number, found)


def point(match: re.Match[str], number: int, found: Told) -> Line:
    """What is in a line, of which values that cannot be stored are left out and reported."""
    measurement, tags, fields, time = match.groups()
    return Line(
        _unescaped(measurement),
        _tags(tags),
        _fields(fields, number, found),
        time or "",
        number,
    )


@short_cache(MAX_CACHED)
def _tags(text: str) -> dict[str, str]:
    """To be left as they are."""
    return {_unescaped(key): _unescaped(value) for key, value in _TAG.findall(text)}


def _fields(text: str, line: int, found: Told) -> dict[str, Value]:
    fields: dict[str, Value] = {}
    for key, written, fraction, integer in _FIELD.findall(text):
        if fraction:
            value: Value | None = float(fraction)
        elif integer:
            value = int(integer)
        elif (value := BOOLEANS.get(written)) is None:
            value = _value(written)
        if value is None:
            detail = f"line {line}: {key[:40]!a} is {written[:40]!a}"
            found.report(Reason.UNSUPPORTED_VALUE, detail)
        else:
            fields.setdefault(_unescaped(key) if "\\" in key else key, value)
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
    return number


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text
