"""What a formula would give of the last hours, for who is writing it. Nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from derived import checking, computing, definition
from derived.definition import Definition
from devices import clock
from telemetry.expression import InvalidExpression, TooMuch, sentence
from telemetry.history import instants
from telemetry.history.read_limit import limited
from telemetry.moments import in_ms

MAX_POINTS = 2_000
HOUR_US = 3_600_000_000


def of(text: str, at: str, sources: Mapping[str, checking.Source], hours: float) -> dict[str, Any]:
    """As `POST /api/v1/derived/preview/` answers. Raises `TooSlow`."""
    now_us = clock.now_us()
    start_us = now_us - round(hours * HOUR_US)
    answer: dict[str, Any] = {
        "now": now_us // 1_000, "from": start_us // 1_000, "errors": {}, "character": None,
        "names": [], "kind": None, "unit": "", "reach_ms": None, "points": [],
    }  # fmt: skip
    with suppress(InvalidExpression):  # which is said below
        answer["names"] = definition.cached(text).names
    try:
        wanted = checking.checked(text, at, sources)
    except checking.Refused as exc:
        cause = exc.__cause__
        place = cause.at + 1 if isinstance(cause, InvalidExpression) else None
        return answer | {"errors": exc.errors, "character": place}
    defined = Definition(
        wanted.formula,
        wanted.at,
        {name: each.series.pk for name, each in sources.items()},
        {name: each.held_us for name, each in sources.items()},
    )
    answer |= {
        "kind": wanted.kind.value,
        "unit": wanted.gives.unit,
        "reach_ms": defined.back_us() // 1_000,
    }
    try:
        return answer | {"points": _points(defined, start_us, now_us)}
    except TooMuch as exc:
        return answer | {"errors": {"formula": sentence(exc)}}


@limited()
def _points(defined: Definition, start_us: int, stop_us: int) -> list[list[float]]:
    at = instants.newest(defined.inputs[defined.at], start_us, stop_us, MAX_POINTS)
    if not len(at):
        return []
    values = computing.evaluated(defined, at)
    there = ~np.isnan(values)
    pairs = zip(at[there].tolist(), values[there].tolist(), strict=True)
    return [[in_ms(instant), value] for instant, value in pairs]
