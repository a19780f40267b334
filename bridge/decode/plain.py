"""The ordinary telemetry message, settled in one compiled pass. Pure.

`{"ts":ms,"values":{…}}` or `{…}` of numbers and booleans under names seen before is nearly all that
comes. A typed decoder checks it while it decodes, four times as fast as a look at each value
afterwards. Whatever is not exactly that is None here, and json_values finds out what it is.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from bridge.decode.items import Sample, Telemetry
from bridge.decode.json_values import (
    EARLIEST_MS,
    LATEST_AHEAD_MS,
    MAX_EXACT_INTEGER,
    is_plain,
)

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
    """Remembers which combinations of metric names are ordinary: a message's shape."""

    def __init__(self) -> None:
        self._shapes: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._names = 0  # in all shapes together

    def read(self, uid: str, payload: bytes, received_ms: int) -> Telemetry | None:
        """What an ordinary payload says; None of any other."""
        try:
            if payload.startswith(b'{"ts":'):
                sample: Sample = _timed(payload)
                if not EARLIEST_MS <= sample.time_ms <= received_ms + LATEST_AHEAD_MS:
                    return None
            else:
                sample = PlainSample(0, _bare(payload))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return None
        names = tuple(sample.values)
        shape = self._shapes.get(names) or self._learn(names, sample)
        return Telemetry(uid, [sample], (), False, shape) if shape else None

    def _learn(self, names: tuple[str, ...], sample: Sample) -> tuple[str, ...]:
        """The shape, remembered from now on; () if it is not ordinary."""
        if len(names) > MAX_SHAPE or not is_plain(sample.values):
            return ()
        if self._names + len(names) > MAX_NAMES:
            self._shapes.clear()
            self._names = 0
        self._shapes[names] = names
        self._names += len(names)
        return names
