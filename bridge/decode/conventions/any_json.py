"""Any JSON on any topic: what a sketch of an afternoon publishes. Pure.

Nothing is agreed, so everything is a guess by fixed rules, which docs/conventions.md has: whose by
the payload's own id or by the topic, what by its keys, when by what looks like a time.
"""

from __future__ import annotations

from bridge.decode import documents, topic_path
from bridge.decode.device_readings import DeviceReadings
from bridge.decode.items import Ignored, Item, Presence, Rejected
from bridge.decode.json_reading import JsonReading
from bridge.decode.state import State
from bridge.decode.tolerant import Undecodable
from bridge.message import Message

NAME = "json"
FILTERS: tuple[str, ...] = ()  # whatever the user's own filters bring
CONFIDENCE = 10


def matches(topic: str, payload: bytes) -> int:
    """Any object and array on a topic that nobody else claims."""
    if payload[:1] not in (b"{", b"[") and payload.lstrip()[:1] not in (b"{", b"["):
        return 0
    return CONFIDENCE if topic_path.read(topic) else 0


def reach(topic: str) -> int:
    """The most it claims of a topic, whatever the payload."""
    return matches(topic, b"{")


def decode(message: Message, state: State) -> list[Item]:
    """What each device in the message says. Never raises for bad data."""
    path = topic_path.read(state.context.topic(message.topic))
    if path is None:
        return [Ignored("not_guessed")]
    if path.noise:
        return [Ignored(path.noise, path.uid)]
    try:
        document = documents.read(message.payload)
    except Undecodable as exc:
        return [Rejected(path.uid, exc.problem)]
    if isinstance(document, dict) and len(document) == 1:
        key, word = next(iter(document.items()))
        online = topic_path.presence(path.channel, _word(word)) if key.lower() in NAMED else None
        if online is not None:
            return [Presence(path.presence_uid, online)]
    reading = JsonReading(path, DeviceReadings(message, state))
    objects = document if isinstance(document, list) else [document]
    if isinstance(document, dict):
        reading.add(document)
    elif all(isinstance(each, dict) for each in objects):
        reading.add_all(objects)
    else:
        reading.add({str(at): each for at, each in enumerate(objects)})
    return reading.found.or_rejected(path.uid)


NAMED = frozenset({"state", "status", "online", "connected", "availability"})


def _word(value: object) -> str:
    return str(value) if isinstance(value, str | bool | int) else ""
