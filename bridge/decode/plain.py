"""The ordinary telemetry message, read in one compiled pass. Pure.

`{"ts":ms,"values":{…}}` or `{…}` of numbers and booleans under names seen before is nearly all that
comes. A typed decoder checks it while it decodes, four times as fast as a look at each value
afterwards. Whatever is not exactly that is None here, and json_values finds out what it is.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from bridge.decode.device_time import EARLIEST_US, LATEST_AHEAD_US
from bridge.decode.items import Sample
from bridge.decode.json_values import MAX_EXACT_INTEGER, is_plain
from bridge.message import MAX_PAYLOAD, Message

MAX_TOPICS = 100_000  # remembered; then forgotten all at once, which costs one decode each
MAX_NAMES = 50_000  # metric names remembered, all shapes together; then all are forgotten at once
MAX_SHAPE = 500  # metric names of a message that goes this way

# Exclusive bounds: an integer that rounds to 2^53 as a float may have been 2^53 + 1.
Number = Annotated[float, msgspec.Meta(gt=-MAX_EXACT_INTEGER, lt=MAX_EXACT_INTEGER)]


class PlainSample(Sample, gc=False):
    """Decoded in place: what msgspec makes of the payload is the sample."""

    values: dict[str, Number | bool]


_timed = msgspec.json.Decoder(PlainSample).decode
_bare = msgspec.json.Decoder(dict[str, Number | bool]).decode


class PlainReader:
    """Remembers which topics carry telemetry in Pulseboard's forms, and which combinations of
    metric names are ordinary: a message's shape."""

    def __init__(self) -> None:
        self._uids: dict[bytes, str] = {}  # by topic
        self._shapes: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._names = 0  # in all shapes together

    def expect(self, topic: bytes, uid: str) -> None:
        """Have `read` read what comes under this topic, as telemetry of this device."""
        if len(self._uids) >= MAX_TOPICS:
            self._uids.clear()
        self._uids[topic] = uid

    def read(self, message: Message) -> tuple[str, Sample, tuple[str, ...]] | None:
        """Of an ordinary message the uid, the sample and its shape: the metrics in order, the same
        tuple each time. None of any other message, and of a topic not expected yet."""
        uid, payload = self._uids.get(message.topic), message.payload
        if uid is None or len(payload) > MAX_PAYLOAD:
            return None
        try:
            extra = 0
            if payload.startswith(b'{"ts":'):
                extra = 2  # colons, of `ts` and `values`
                sample: Sample = _timed(payload)
                sample.time_us *= 1_000  # the device counts milliseconds
                if not EARLIEST_US <= sample.time_us <= message.received_us + LATEST_AHEAD_US:
                    return None
            elif message.retain:
                return None  # no news: bridge.decode.retained
            else:
                sample = PlainSample(0, _bare(payload))
        except Exception:  # noqa: BLE001  (the long way finds out what it is, and says so)
            return None
        names = tuple(sample.values)
        shape = self._shapes.get(names) or self._learn(names, sample)
        if shape is None:
            return None
        # More colons: a metric is named twice, and the decoder kept the last.
        return (uid, sample, shape) if payload.count(b":") == len(shape) + extra else None

    def _learn(self, names: tuple[str, ...], sample: Sample) -> tuple[str, ...] | None:
        """The shape, remembered from now on; None if it is not ordinary."""
        if not names or len(names) > MAX_SHAPE or not is_plain(sample.values):
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
