"""When the fleet was first started, remembered over restarts: made-up history ends there.

Without it a simulator that is started again by its supervisor would make history up to its new
start: between the readings it had really sent.
"""

from __future__ import annotations

import math
from pathlib import Path

SENT_WITHIN = 300.0  # seconds after which history has long been sent: a restart sends none


def first_start(mark: Path | None, now: float) -> float:
    """When the fleet was started (Unix seconds): the first call with a `mark` notes `now` there."""
    if mark is None:
        return now
    try:
        start = float(mark.read_text())
    except (OSError, ValueError):
        start = math.nan
    if not math.isfinite(start):
        mark.write_text(repr(now))
        return now
    return start


def history_end(start: float, now: float) -> float | None:
    """Until when (Unix seconds) to make history up, None when it was sent already.

    A restart gets the same answer, so it repeats the same times, which the store recognises, and
    completes what was not sent.
    """
    return start if 0.0 <= now - start <= SENT_WITHIN else None
