"""The ordinary telemetry message, settled in one compiled pass. Pure.

`{"ts":ms,"values":{…}}` or `{…}` of numbers and booleans under names seen before is nearly all that
comes. A typed decoder checks it while it decodes, four times as fast as a look at each value
afterwards. Whatever is not exactly that is None here, and json_values finds out what it is.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from bridge.decode.items import Sample, Value
from bridge.decode.json_values import (
    EARLIEST_MS,
    LATEST_AHEAD_MS,
    MAX_EXACT_INTEGER,
    MAX_VALUES,
    is_plain,
)

MAX_NAMES = 10_000  # metric names known to be ordinary; further ones take the longer way

# Exclusive bounds: an integer that rounds to 2^53 as a float may have been 2^53 + 1.
Number = Annotated[float, msgspec.Meta(gt=-MAX_EXACT_INTEGER, lt=MAX_EXACT_INTEGER)]


class Timed(msgspec.Struct, gc=False):
    ts: int
    values: dict[str, Number | bool]


_timed = msgspec.json.Decoder(Timed).decode
_bare = msgspec.json.Decoder(dict[str, Number | bool]).decode


class PlainReader:
    """Remembers which metric names are ordinary."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def read(self, payload: bytes, received_ms: int) -> Sample | None:
        """The sample of an ordinary payload; None of any other."""
        values: dict[str, Value]
        try:
            if payload.startswith(b'{"ts":'):
                timed = _timed(payload)
                time_ms, values = timed.ts, timed.values  # type: ignore[assignment]
                if not EARLIEST_MS <= time_ms <= received_ms + LATEST_AHEAD_MS:
                    return None
            else:
                time_ms, values = 0, _bare(payload)  # type: ignore[assignment]
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return None
        known = self._names.issuperset(values) or self._learn(values)
        return Sample(time_ms, values) if known and 0 < len(values) <= MAX_VALUES else None

    def _learn(self, values: dict[str, Value]) -> bool:
        if not is_plain(values):
            return False
        if len(self._names) + len(values) <= MAX_NAMES:
            self._names.update(values)
        return True
