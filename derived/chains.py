"""Derived series of derived series: no circle, and not too long a chain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from derived.errors import DerivedError
from derived.models import DerivedInput

MAX_CHAIN = 8  # derived series behind each other: a reading costs a step in each


class BadChain(DerivedError):
    """The message says why the inputs cannot be these."""


def check(series_id: int | None, inputs: Iterable[int]) -> None:
    """Raise `BadChain` when a series (None: a new one) that is computed of these would be computed
    of itself, or behind too many others. Call it where nobody else changes one."""
    rows = DerivedInput.objects.exclude(series=None).values_list(
        "derived__series", "series", "derived__series__device__uid", "derived__series__metric"
    )
    of: dict[int, list[int]] = {}
    called: dict[int, str] = {}
    for output, source, uid, metric in rows:
        of.setdefault(output, []).append(source)
        called[output] = f"{uid} {metric}"
    new = 0 if series_id is None else series_id
    of[new] = list(inputs)
    circle = _circle(new, of)
    if circle:
        names = " → ".join(called.get(each, "this series") for each in reversed(circle))
        raise BadChain(f"It would be computed from itself: {names}.")
    if max(_length(each, of) for each in of) > MAX_CHAIN:
        raise BadChain(f"At most {MAX_CHAIN} derived series may follow each other.")


def _circle(start: int, of: Mapping[int, list[int]]) -> list[int]:
    """From the series back to itself by what it is computed of; empty when there is no way."""
    seen: set[int] = set()
    waiting = [[start]]
    while waiting:
        way = waiting.pop()
        for source in of.get(way[-1], ()):
            if source == start:
                return [*way, start]
            if source not in seen:
                seen.add(source)
                waiting.append([*way, source])
    return []


def _length(series_id: int, of: Mapping[int, list[int]], depth: int = 0) -> int:
    """How many derived series lead up to it, itself included; more than allowed is not counted."""
    if series_id not in of or depth > MAX_CHAIN:
        return 0
    return 1 + max((_length(each, of, depth + 1) for each in of[series_id]), default=0)
