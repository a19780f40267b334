"""The name of a file, as a person would choose it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from telemetry.moments import from_us

MAX_WORD = 60  # characters of one of its words
_ODD = re.compile(r"[^\w.]+")


def file_name(
    sites: Sequence[str],
    devices: Sequence[str],
    metrics: Sequence[str],
    start_us: int,
    stop_us: int,
    zone: ZoneInfo | None = None,
) -> str:
    """Without an ending: `harbour-freezer-1-temperature-2026-11-01-to-2026-11-08`. What there is
    several of, is counted: `harbour-3-devices-temperature-…`."""
    words = [_one(sites, "sites"), _one(devices, "devices"), _one(metrics, "metrics")]
    words += [_day(start_us, zone), "to", _day(stop_us, zone)]
    return "-".join(filter(None, words))


def _one(names: Sequence[str], kind: str) -> str:
    different = sorted({name for name in names if name})
    if len(different) > 1:
        return f"{len(different)}-{kind}"
    return _ODD.sub("-", different[0])[:MAX_WORD].strip("-.") if different else ""


def _day(us: int, zone: ZoneInfo | None) -> str:
    """A day; a time of day only where one was meant."""
    moment: datetime = from_us(us)
    if zone is not None:
        moment = moment.astimezone(zone)
    if moment.hour == moment.minute == moment.second == moment.microsecond == 0:
        return f"{moment:%Y-%m-%d}"
    return f"{moment:%Y-%m-%d-%H%M}"
