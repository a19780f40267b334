"""QoS 1 PUBLISH packets of a fleet, encoded before the run as one array of bytes.

All packets of a fleet have the same length, so stamping a slice of them with a time and packet
identifiers is two array assignments, and bytes sent divide into messages. MQTT 3.1.1, 3.3.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

VARIANTS = 8  # different sets of values, sent in turn
STAMP_DIGITS = 13  # Unix milliseconds until the year 2286
MAX_MID = 65_535  # packet identifiers are 1 to 65 535
SEED = 20_260_101

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Fleet:
    """Which devices publish, what and under which topic root."""

    name: str  # begins every uid, so that a run finds its own rows
    devices: int
    values: int  # of one message
    root: str = "devices"

    def uid(self, number: int) -> str:
        return f"{self.name}-{number:05d}"

    def metric(self, number: int) -> str:
        return f"metric_{number:02d}"


class Packets:
    """The packets of the devices `start` to `stop` of a fleet."""

    def __init__(self, fleet: Fleet, start: int, stop: int) -> None:
        self.count = stop - start
        chance = random.Random(SEED)  # noqa: S311 (repeatable values, not secrets)
        self._variants: list[Bytes] = []
        for _ in range(VARIANTS):
            encoded = [_publish(fleet, number, chance) for number in range(start, stop)]
            joined = np.frombuffer(b"".join(encoded), dtype=np.uint8)
            self._variants.append(joined.reshape(self.count, -1).copy())
        self.size = self._variants[0].shape[1]
        sample = encoded[0]
        self._stamp_at = sample.index(b'{"ts":') + len(b'{"ts":')
        self._mid_at = self._stamp_at - len(b'{"ts":') - 2
        self._last = np.zeros(self.count, dtype=np.int64)

    def stamped(self, turn: int, first: int, last: int, now_ms: int, mid: int) -> bytes:
        """The packets of devices `first` to `last` for round `turn`, measured at `now_ms` or, where
        that device has a later reading already, one millisecond after it."""
        part = self._variants[turn % VARIANTS][first:last]
        stamp = max(now_ms, int(self._last[first:last].max()) + 1)
        self._last[first:last] = stamp
        digits = np.frombuffer(b"%013d" % stamp, dtype=np.uint8)
        part[:, self._stamp_at : self._stamp_at + STAMP_DIGITS] = digits
        mids = (np.arange(mid, mid + last - first) % MAX_MID + 1).astype(">u2")
        part[:, self._mid_at : self._mid_at + 2] = mids.view(np.uint8).reshape(-1, 2)
        return part.tobytes()


def _publish(fleet: Fleet, number: int, chance: random.Random) -> bytes:
    values = {
        # Two digits before and three after the point, the last not 0: always six characters.
        fleet.metric(index): (chance.randrange(1000, 9999) * 10 + chance.randrange(1, 9)) / 1000
        for index in range(fleet.values)
    }
    document = {"ts": 0, "values": values}
    payload = json.dumps(document, separators=(",", ":")).encode()
    payload = payload.replace(b'{"ts":0', b'{"ts":' + b"0" * STAMP_DIGITS)
    topic = f"{fleet.root}/{fleet.uid(number)}/telemetry".encode()
    body = len(topic).to_bytes(2, "big") + topic + b"\0\0" + payload
    return b"\x32" + _length(len(body)) + body


def _length(number: int) -> bytes:
    encoded = bytearray()
    while True:
        number, digit = divmod(number, 128)
        encoded.append(digit | (0x80 if number else 0))
        if not number:
            return bytes(encoded)
