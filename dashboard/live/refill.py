"""What a viewer is told when history changed that no frame carried. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dashboard.live import protocol


@dataclass(frozen=True, slots=True)
class Refill:
    """Load history again: of these series (None: of every one), with times from `start` to `end` in
    Unix ms (None: whenever)."""

    reason: str
    series: frozenset[str] | None = None
    start: float | None = None
    end: float | None = None

    @classmethod
    def of(cls, message: dict[str, Any]) -> Refill:
        """The channel message `telemetry.live.contract.refill` made."""
        named = message["series"]
        series = None if named is None else frozenset(map(str, named))
        return cls(message["reason"], series, message["from"], message["to"])

    def narrowed(self, series: set[str]) -> Refill:
        """Of these alone."""
        mine = frozenset(series) if self.series is None else self.series & series
        return Refill(self.reason, mine, self.start, self.end)

    def joined(self, other: Refill) -> Refill:
        """One that asks for no less than both."""
        if self == other:
            return self
        series = None
        if self.series is not None and other.series is not None:
            series = self.series | other.series
        start = end = None
        if self.start is not None and other.start is not None:
            start = min(self.start, other.start)
        if self.end is not None and other.end is not None:
            end = max(self.end, other.end)
        return Refill(self.reason, series, start, end)

    def text(self) -> str:
        """As the browser gets it."""
        named = None if self.series is None else sorted(map(int, self.series))
        return protocol.encode(
            {
                "op": "refill",
                "reason": self.reason,
                "series": named,
                "from": self.start,
                "to": self.end,
            }
        )


EVERYTHING = Refill("lost")
