"""AWS IoT device shadows: `$aws/things/<thing>/shadow[/name/<shadow>]/update…`. Pure.

Only what a thing reported is a reading; desired states, deltas and refusals are not. AWS answers a
report with the time of each value: where it does, the answer is read and not the report.
"""

from __future__ import annotations

import re
from typing import Any

from bridge.decode import documents, foreign_time, latlng
from bridge.decode.device_readings import DeviceReadings
from bridge.decode.flattening import flattened
from bridge.decode.identity import device_uid, metric_name
from bridge.decode.items import Ignored, Item, Presence, Rejected
from bridge.decode.state import CERTAIN, State
from bridge.decode.texts import within
from bridge.decode.tolerant import Undecodable
from bridge.message import Message

NAME = "aws_shadow"
FILTERS = (
    *("$aws/things/+/shadow/update/#", "$aws/things/+/shadow/name/+/update/#"),
    *("$aws/things/+/shadow/get/accepted", "$aws/things/+/shadow/name/+/get/accepted"),
    "$aws/events/presence/+/+",
)
ANSWERED = "answered"  # the scope that has things whose reports somebody answers
MAX_ANSWERED = 10_000
READ = frozenset({"update", "update/accepted", "update/documents", "get/accepted"})

_TOPIC = re.compile(r"\$aws/things/([^/]+)/shadow/(?:name/([^/]+)/)?(.+)")
_PRESENCE = "$aws/events/presence/"


def matches(topic: str, payload: bytes) -> int:  # noqa: ARG001  (the topic alone decides)
    """By the topic's shape."""
    if not topic.startswith("$aws/"):
        return 0
    return CERTAIN if topic.startswith(_PRESENCE) or _TOPIC.fullmatch(topic) else 0


def decode(message: Message, state: State) -> list[Item]:
    """What a thing reported, or whether it is connected. Never raises for bad data."""
    topic = state.context.topic(message.topic)
    found = _TOPIC.fullmatch(topic)
    if found is None:
        return [_lifecycle(topic)]
    return _of_shadow(found[1], found[2] or "", found[3], message, state)


def _lifecycle(topic: str) -> Item:
    said, _, client = topic.removeprefix(_PRESENCE).partition("/")
    if said in ("connected", "disconnected") and client:
        return Presence(device_uid(client), said == "connected")
    return Ignored("lifecycle", device_uid(client))


def _of_shadow(thing: str, shadow: str, channel: str, message: Message, state: State) -> list[Item]:
    uid = device_uid(thing)
    if channel not in READ:
        return [Ignored("command", uid)]
    if channel == "update" and thing in state.scope(ANSWERED):
        return [Ignored("echo", uid)]
    try:
        document = documents.read_object(message.payload)
    except Undecodable as exc:
        return [Rejected(uid, exc.problem)]
    if channel != "update":
        state.keep(ANSWERED, thing, True, MAX_ANSWERED)
    return _Shadow(document, shadow, DeviceReadings(message, state)).items(uid)


class _Shadow:
    """A shadow's document, of whatever channel."""

    def __init__(self, document: dict[str, Any], shadow: str, found: DeviceReadings) -> None:
        self._levels = (shadow,) if shadow else ()
        self._found = found
        self._received_us = found.received_us
        self._sent_us = foreign_time.read(document.get("timestamp"), self._received_us)
        current = within(document, "current") or document  # of `documents`, beside the previous
        self._reported = within(current, "state", "reported")
        self._metadata = within(current, "metadata", "reported")

    def items(self, uid: str) -> list[Item]:
        reported = self._reported
        if not isinstance(reported, dict):
            return [Ignored("desired", uid)]
        own_us = foreign_time.read(reported.get("ts"), self._received_us)  # the thing's own clock
        kept = {key: value for key, value in reported.items() if key != "ts"}
        flat = flattened(kept, *self._levels)
        found = self._found
        for problem in flat.problems:
            found.report(*problem)
        times = self._times()
        for metric, value in flat.values.items():
            time_us = own_us or times.get(metric) or self._sent_us
            above, _, name = metric.rpartition(".")
            place = latlng.degrees(value) if name == "latlng" else {metric: value}
            if name == "latlng":
                place = {metric_name(above, level): each for level, each in place.items()}
            found.add(uid, time_us, place)
        return found.or_rejected(uid)

    def _times(self) -> dict[str, int]:
        """Unix us by metric, from the metadata that mirror what was reported."""
        stamps = flattened(self._metadata, *self._levels).values
        return {
            metric.removesuffix(".timestamp"): foreign_time.read(stamp, self._received_us)
            for metric, stamp in stamps.items()
        }
