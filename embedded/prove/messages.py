"""The message of each number: the same bytes each time it is asked for. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from embedded.prove.ledger import LATE, POISON, STAMPED

LATE_MS = 2 * 86_400_000  # how old a late reading is
HUGE = 10_000_000  # bytes of the largest poison
DEEP = 5_000  # brackets of the deepest poison
TIMED_METRIC, STAMPED_METRIC = "timed", "stamped"
POSTED = "posted_"  # begins the metrics of what comes over HTTP: it says nothing of the bridges
METRICS = [way + metric for way in ("", POSTED) for metric in (TIMED_METRIC, STAMPED_METRIC)]

_MARK = re.compile(rb"prove-([0-9a-f]+)-poison-(\d+)-")
POISONS = ("malformed", "nul", "deep", "huge", "unknown device", "nan", "not utf-8")


@dataclass(frozen=True, slots=True)
class Messages:
    """What one run sends. `base_ms` is the time of the reading with number 0."""

    run: str
    devices: int
    base_ms: int

    def uid(self, device: int) -> str:
        return f"prove-{self.run}-{device}"

    def uids(self) -> list[str]:
        return [self.uid(device) for device in range(self.devices)]

    def message(self, number: int, kind: int) -> tuple[bytes, bytes]:
        """Topic and payload."""
        uid = self.uid(number % self.devices)
        if kind == POISON:
            return self._poison(number, uid)
        return _topic(uid), self._reading(number, kind, "")

    def post(self, number: int, kind: int) -> bytes:
        """The payload of one that goes over HTTP."""
        return self._reading(number, kind, POSTED)

    def _reading(self, number: int, kind: int, way: str) -> bytes:
        if kind == STAMPED:
            return b'{"%s":%d}' % ((way + STAMPED_METRIC).encode(), number)
        at = self.time_ms(number) - (LATE_MS if kind == LATE else 0)
        return b'{"ts":%d,"values":{"%s":%d}}' % (at, (way + TIMED_METRIC).encode(), number)

    def time_ms(self, number: int) -> int:
        """The time a timed message carries: one of its own, so that it is one row."""
        return self.base_ms + number

    def _poison(self, number: int, uid: str) -> tuple[bytes, bytes]:
        mark = b"prove-%s-poison-%d-" % (self.run.encode(), number)
        name = POISONS[number % len(POISONS)]
        payload = {
            "malformed": b'{"%s":' % mark,
            "nul": b'{"%s":"\\u0000"}' % mark,
            "deep": b'{"%s":' % mark + b"[" * DEEP + b"]" * DEEP + b"}",
            "huge": b'{"%s":"' % mark + b"x" * HUGE + b'"}',
            "unknown device": b'{"%s":1}' % mark,
            "nan": b'{"%s":NaN}' % mark,
            "not utf-8": b'{"%s":"\xff\xfe"}' % mark,
        }[name]
        return _topic(f"prove-nobody-{self.run}" if name == "unknown device" else uid), payload

    def poison_number(self, head: bytes) -> int | None:
        """The number of the poison whose payload begins so; None for anybody else's message."""
        found = _MARK.search(head)
        if found is None or found[1].decode() != self.run:
            return None
        return int(found[2])


def _topic(uid: str) -> bytes:
    return f"devices/{uid}/telemetry".encode()
