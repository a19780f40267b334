"""When the made-up history ended, remembered over restarts.

Without it a simulator that is started again by its supervisor would make history up to its new
start: between the readings it had really sent.
"""

from __future__ import annotations

from pathlib import Path

SENT_WITHIN = 300.0  # seconds after which history has long been sent: a restart sends none


def history_end(mark: Path | None, now: float) -> float | None:
    """Until when (Unix seconds) to make history up, None when it was sent already.

    The first call with a `mark` notes `now` there; a restart gets the same answer, so it repeats
    the same times, which the store recognises, and completes what was not sent.
    """
    if mark is None:
        return now
    try:
        end = float(mark.read_text())
    except (OSError, ValueError):
        mark.write_text(repr(now))
        return now
    return end if 0.0 <= now - end <= SENT_WITHIN else None
