"""When a Tasmota document was made. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bridge.decode import device_time

# `SetOption52 1` adds the offset; without it the time is local, and nobody knows where.
_WITH_OFFSET = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)", re.ASCII
)
SECONDS_BELOW = 100_000_000_000  # a number from here on counts milliseconds (command `Time 4`)


def time_of(document: Mapping[str, Any], received_us: int) -> int:
    """Unix microseconds; 0 where it tells none that can be true, and the receive time counts. Only
    of the top level: other times in it lie in the future (`DeepSleep`) or the past."""
    for stamp in (document.get("Epoch"), document.get("Time")):
        time_us = _read(stamp, received_us)
        if time_us:
            return time_us
    return 0


def _read(stamp: Any, received_us: int) -> int:
    if type(stamp) is int or type(stamp) is float:
        stamp = stamp * 1_000 if abs(stamp) < SECONDS_BELOW else stamp
    elif not (isinstance(stamp, str) and _WITH_OFFSET.fullmatch(stamp)):
        return 0
    return device_time.read_or_0(stamp, received_us)
