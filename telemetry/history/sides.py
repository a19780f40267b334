"""On which side of a line it is normal, where the line itself does not say (`devices.thresholds`):
what was measured of late does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from devices.thresholds import Op, Threshold
from telemetry.history import columns
from telemetry.history.columns import HOUR_US
from telemetry.moments import to_us

LOOKED_AT = timedelta(days=7)  # of readings, which say what is normal
KEPT = timedelta(minutes=10)  # a mean is good for; a week's changes slowly
MAX_KEPT = 50_000  # means

_kept: dict[int, tuple[datetime, float]] = {}


def means(series_ids: Sequence[int], now: datetime) -> dict[int, float]:
    """The mean of the last week of each series that has one. Read within `read_limit.limited`."""
    stop_us = to_us(now) // HOUR_US * HOUR_US + HOUR_US
    week_us = LOOKED_AT // timedelta(microseconds=1)
    return columns.means(series_ids, stop_us - week_us, stop_us)


def kept_means(series_ids: Sequence[int], now: datetime) -> dict[int, float]:
    """As `means`, of the last ten minutes: for who asks again and again."""
    found: dict[int, float] = {}
    for each in series_ids:
        kept = _kept.get(each)
        # A clock that was set back makes nothing younger.
        if kept is not None and abs(now - kept[0]) < KEPT:
            found[each] = kept[1]
    asked = [each for each in series_ids if each not in found]
    if asked:
        if len(_kept) > MAX_KEPT:
            _kept.clear()
        new = means(asked, now)
        _kept.update({each: (now, mean) for each, mean in new.items()})
        found |= new
    return found


def op_of(line: Threshold, mean: float | None) -> Op | None:
    """The side on which a value is a problem; None: nobody knows."""
    if "op" in line:
        return line["op"]
    if mean is None or mean == line["value"]:
        return None
    return "above" if line["value"] > mean else "below"
