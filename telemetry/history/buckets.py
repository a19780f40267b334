"""Which bucket width a reduced view gets, and which table holds buckets that width is made of.

Pure. Buckets are aligned to 1970-01-01 UTC, so the same bucket has the same edges in every view.
"""

from __future__ import annotations

from dataclasses import dataclass

SECOND = 1000  # ms
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# Widths people read off an axis, ms. Each divides into the rollup at or below it.
LADDER = (
    *(n * SECOND for n in (1, 2, 5, 10, 15, 30)),
    *(n * MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * HOUR for n in (1, 3, 6, 12)),
    *(n * DAY for n in (1, 2, 7, 14, 30, 90, 180, 365)),
)


@dataclass(frozen=True, slots=True)
class Buckets:
    """Buckets of one width that cover a window: [start, stop) in ms, edges of buckets."""

    width: int
    start: int
    stop: int

    @property
    def level(self) -> str:
        """The coarsest source whose buckets fill these exactly: `1d`, `1h`, `1m` or `raw`."""
        for level, size in (("1d", DAY), ("1h", HOUR), ("1m", MINUTE)):
            if self.width % size == 0:
                return level
        return "raw"


def covering(start: int, stop: int, points: int, *, at_least: int = SECOND) -> Buckets:
    """The narrowest buckets of the ladder, at most `points` of them, that cover [start, stop) ms.

    The outer buckets are whole: they may begin before `start` and end after `stop`. Cutting them
    would give the same bucket another value in each view, and would need readings that retention
    may have left to the rollups.
    """
    for width in LADDER:
        if width >= at_least:
            found = _aligned(start, stop, width)
            if (found.stop - found.start) // width <= points:
                return found
    days = (stop - start) // max(points - 1, 1) // DAY + 1
    return _aligned(start, stop, days * DAY)


def _aligned(start: int, stop: int, width: int) -> Buckets:
    return Buckets(width, start // width * width, -(-stop // width) * width)
