"""The window a request asks for, with `from` and `to`."""

from __future__ import annotations

from rest_framework.request import Request

from telemetry.api import parameters as query
from telemetry.history import reader


def window(request: Request, now: int, default: int) -> tuple[int | float, int | float]:
    """Its begin and its end, Unix milliseconds; `default` long where one of them is not given.
    Answers 400 when it is empty, or longer than any history."""
    stop = query.milliseconds(request, "to")
    start = query.milliseconds(request, "from")
    if stop is None:
        stop = now if start is None or start < now else start + default
    if start is None:
        start = max(stop - default, 0)
    if start >= stop:
        query.refuse("from", "It must be earlier than `to`.")
    if stop - start > reader.MAX_SPAN:
        query.refuse("from", "A window spans at most ten years.")
    return start, stop
