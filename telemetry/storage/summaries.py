"""The widths of the summaries, and which of their buckets some minutes are in. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from telemetry.history import buckets
from telemetry.moments import from_ms, to_ms

LEVELS = (
    ("rollup_1m", buckets.MINUTE),
    ("rollup_1h", buckets.HOUR),
    ("rollup_1d", buckets.DAY),
)
TABLES = tuple(table for table, _ in LEVELS)


def ranges(
    moments: Iterable[datetime], width_ms: int, *, gap_ms: int = 0
) -> list[tuple[datetime, datetime]]:
    """The buckets of a width that hold the moments, as the fewest [start, stop) ranges; those no
    more than a gap apart are one."""
    found: list[tuple[int, int]] = []
    for start in sorted({to_ms(moment) // width_ms * width_ms for moment in moments}):
        if found and start - found[-1][1] <= gap_ms:
            found[-1] = (found[-1][0], start + width_ms)
        else:
            found.append((start, start + width_ms))
    return [(from_ms(start), from_ms(stop)) for start, stop in found]
