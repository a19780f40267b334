"""The ordinary telemetry message, read in one compiled pass. Pure.

`{"ts":ms,"values":{…}}` or `{…}` of numbers and booleans under names seen before is nearly all that
comes. A typed decoder checks it while it decodes, four times as fast as a look at each value
afterwards. Whatever is not exactly that is None here, and json_values finds out what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec

from bridge.decode.device_time import EARLIEST_US, LATEST_AHEAD_US
from bridge.decode.values import MAX_EXACT_INTEGER, is_plain
from bridge.message import MAX_PAYLOAD, Message

MAX_TOPICS = 100_000  # remembered; then forgotten all at once, which costs one decode each
MAX_NAMES = 50_000  # metric names remembered, all shapes together; then all are forgotten at once
MAX_SHAPE = 500  # metric names of a message that goes this way

# Exclusive bounds: an integer that rounds to 2^53 as a float may have been 2^53 + 1.
Number = Annotated[float, msgspec.Meta(gt=-MAX_EXACT_INTEGER, lt=MAX_EXACT_INTEGER)]


class Timed(msgspec.Struct, gc=False):
    """A payload with a time, whose lower bound is looked at while it is decoded."""

    ts: Annotated[int, msgspec.Meta(ge=EARLIEST_US // 1_000)]  # Unix milliseconds
    values: dict[str, Number | bool]


read_timed = msgspec.json.Decoder(Timed).decode
TIMED_BEGINS = b'{"ts":'
TIMED_COLONS = 2  # of `ts` and `values`
read_bare = msgspec.json.Decoder(dict[str, Number | bool]).decode

# The metric names of a message, in order.
Shape = tuple[str, ...]
# What an ordinary message says: uid, Unix microseconds or 0, values, shape. No NamedTuple and no
# `Sample`: unpacking is all that is done with it, for every message.
Plain = tuple[str, int, Mapping[str, float | bool], Shape]


class PlainReader:
    """Remembers which topics carry telemetry in Pulseboard's forms, and which combinations of
    metric names are ordinary: a message's shape."""

    def __init__(self) -> None:
        self._uids: dict[bytes, str] = {}  # by topic
        self._shapes: dict[Shape, Shape] = {}
        self._names = 0  # in all shapes together

    def expect(self, topic: bytes, uid: str) -> None:
        """Have `read` read what comes under this topic, as telemetry of this device."""
        if len(self._uids) >= MAX_TOPICS:
            self._uids.clear()
        self._uids[topic] = uid

    def read(self, message: Message) -> Plain | None:
        """What an ordinary message says; its shape is the same tuple each time. None of any other
        message, and of a topic not expected yet."""
        uid, payload = self._uids.get(message.topic), message.payload
        if uid is None or len(payload) > MAX_PAYLOAD:
            return None
        try:
            if payload.startswith(TIMED_BEGINS):
                timed = read_timed(payload)
                time_us, values = timed.ts * 1_000, timed.values
                if time_us > message.received_us + LATEST_AHEAD_US:
                    return None
                colons = TIMED_COLONS
            elif message.retain:
                return None  # no news: bridge.decode.retained
            else:
                time_us, values, colons = 0, read_bare(payload), 0
        except Exception:  # noqa: BLE001  (the long way finds out what it is, and says so)
            return None
        names = tuple(values)
        shape = self._shapes.get(names) or self._learn(names, values)
        # More colons than names: a metric is named twice, and the decoder kept the last.
        if shape is None or payload.count(b":") != colons + len(shape):
            return None
        return uid, time_us, values, shape

    def _learn(self, names: Shape, values: Mapping[str, float | bool]) -> Shape | None:
        """The shape, remembered from now on; None if it is not ordinary."""
        if not names or len(names) > MAX_SHAPE or not is_plain(values):
            return None
        # A colon may be written as an escape, which would make up for that of a name given twice.
        if ":" in "".join(names):
            return None
        if self._names + len(names) > MAX_NAMES:
            self._shapes.clear()
            self._names = 0
        self._shapes[names] = names
        self._names += len(names)
        return names
