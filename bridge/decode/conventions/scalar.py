"""One value a topic: the last level says what, those before it whose. Pure.

A number, also with its unit behind it, a word, or a text of one short line. docs/conventions.md has
the rules.
"""

from __future__ import annotations

import re

from bridge.decode import topic_path
from bridge.decode.device_readings import NO_VALUE, DeviceReadings
from bridge.decode.items import Ignored, Item, Presence
from bridge.decode.scalars import ON_OFF, TRUE_FALSE, number_of, value_of
from bridge.decode.state import State
from bridge.decode.units import is_shown
from bridge.message import Message

NAME = "scalar"
FILTERS: tuple[str, ...] = ()  # whatever the user's own filters bring
CONFIDENCE = 5
MAX_VALUE = 64  # bytes; what is longer is a document or a log, and no value
BOOLEANS = {**ON_OFF, **TRUE_FALSE}

_WITH_UNIT = re.compile(r"([+-]?[0-9][0-9.]{0,20})[ \u00a0]?([^\s0-9.+-][^\s]{0,7})")


def matches(topic: str, payload: bytes) -> int:
    """Any short text on a topic that nobody else claims."""
    if len(payload) > MAX_VALUE or payload[:1] in (b"{", b"["):
        return 0
    return CONFIDENCE if topic_path.read(topic) and _line(payload) is not None else 0


def reach(topic: str) -> int:
    """The most it claims of a topic, whatever the payload."""
    return matches(topic, b"0")


def decode(message: Message, state: State) -> list[Item]:
    """The value, and what its topic tells of it. Never raises for bad data."""
    path = topic_path.read(state.context.topic(message.topic))
    text = _line(message.payload)
    if path is None or text is None:
        return [Ignored("not_guessed")]
    if path.noise:
        return [Ignored(path.noise, path.value_uid)]
    online = topic_path.presence(path.channel, text)
    if online is not None:
        return [Presence(path.presence_uid, online)]
    unit, value = "", value_of(text, BOOLEANS)
    if isinstance(value, str) and (found := _WITH_UNIT.fullmatch(text)) and is_shown(found[2]):
        number = number_of(found[1])
        unit, value = (found[2], number) if number is not None else ("", value)
    if value is None:
        return [Ignored(NO_VALUE, path.value_uid)]
    said = DeviceReadings(message, state)
    said.describe(path.value_uid, name=path.value_name, area=path.value_area)
    if unit:
        said.has_unit(path.value_uid, path.metric, unit)
    said.add(path.value_uid, 0, {path.metric: value})
    return said.items()


def _line(payload: bytes) -> str | None:
    """The payload as one line of text: without quotes, and without the NUL that C ends it with."""
    try:
        text = payload.decode().rstrip("\0").strip()
    except UnicodeDecodeError:
        return None
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return text if text.isprintable() else None
