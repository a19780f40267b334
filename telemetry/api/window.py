"""The window a request asks for, with `from` and `to`."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from rest_framework.request import Request

from telemetry.api import parameters as query
from telemetry.api.moments_asked import UTC_ZONE
from telemetry.history import reader
from telemetry.moments import from_ms

UNDER_WAY = 60_000  # ms a request may take to get here


def window(
    request: Request, now: int, default: int, zone: ZoneInfo = UTC_ZONE
) -> tuple[int | float, int | float]:
    """Its begin and its end, Unix milliseconds; `default` long where one of them is not given.
    Answers 400 when it is empty, or longer than any history."""
    as_of = from_ms(now)
    stop = query.milliseconds(request, "to", zone=zone, now=as_of)
    start = query.milliseconds(request, "from", zone=zone, now=as_of)
    if stop is None:
        stop = now if start is None or start < now else start + default
        if start is not None and reader.MAX_SPAN < stop - start <= reader.MAX_SPAN + UNDER_WAY:
            start = stop - reader.MAX_SPAN  # the last ten years, as of when they were asked for
    if start is None:
        start = max(stop - default, 0)
    if start >= stop:
        query.refuse("from", "It must be earlier than `to`.")
    if stop - start > reader.MAX_SPAN:
        query.refuse("from", "A window spans at most ten years.")
    return start, stop
