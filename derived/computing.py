"""The results of a derived series in a span, from what is stored."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from derived.definition import Definition
from derived.errors import DerivedError
from derived.spans import Span, joined
from devices import clock
from telemetry.expression import Column, Times, TooMuch, Values
from telemetry.history import columns, instants
from telemetry.moments import to_us
from telemetry.storage import kept
from telemetry.storage.backend import backend

# Results of one step; the smaller ones are tried where the windows of so many hold too much.
SIZES = (2_000, 200, 20, 1)
MAX_INPUT = 2_000_000  # readings of one name that may be read at once


class TooDear(DerivedError):
    """Not even one result can be computed within the bounds."""


class Results(NamedTuple):
    """What the series has from `start_us` to `stop_us`, both included."""

    start_us: int
    stop_us: int
    needs_from_us: int
    times_us: Times
    values: Values
    instants: int  # at which there could be a result


def kept_from_us(series_ids: Collection[int]) -> int:
    """Readings of these series before it may be gone."""
    return to_us(backend().keeps_from(kept.all_of(series_ids, clock.now()).raw))


def earliest_us(defined: Definition, series_id: int) -> int:
    """From when on everything that counts for a result of this series is still kept, and it."""
    from_inputs = kept_from_us(defined.inputs.values()) + defined.back_us()
    return max(from_inputs, kept_from_us([series_id]))


def newest_of(defined: Definition, span: Span) -> Results:
    """The results of so much of the span, from its end, as one step computes; what is too old to
    be computed is left out. Raises `TooDear`."""
    for size in SIZES:
        try:
            return _newest(defined, span, size)
        except TooMuch as exc:
            said = str(exc)
    raise TooDear(said)


def _newest(defined: Definition, span: Span, size: int) -> Results:
    start, stop = span
    at = instants.newest(defined.inputs[defined.at], start, stop, size + 1)
    if len(at) > size:
        at = at[1:]
        start = int(at[0])
    if not len(at):
        return Results(start, stop, start, at, np.empty(0), 0)
    values = evaluated(defined, at)
    there = ~np.isnan(values)
    needs_from = int(at[0]) - defined.back_us()
    return Results(start, stop, min(start, needs_from), at[there], values[there], len(at))


def evaluated(defined: Definition, at: Times) -> Values:
    """The value at each of these instants, which ascend. Raises `TooMuch`."""
    first, last = int(at[0]), int(at[-1])
    found = {}
    for name, reaches in defined.formula.needs(defined.hold_us).items():
        spans = joined((first - each.back_us, last - each.until_us) for each in reaches)
        found[name] = _column(defined.inputs[name], spans, defined.hold_us[name], name)
    return defined.formula.evaluate(found, at)


def _column(series_id: int, spans: list[Span], hold_us: int, name: str) -> Column:
    times, values = [], []
    for start, stop in spans:
        if instants.first_after(series_id, start, stop, MAX_INPUT) is not None:
            raise TooMuch(f"the formula needs more than {MAX_INPUT:,} readings of {name} at once")
        some, theirs = columns.numbers(series_id, start, stop + 1)
        times.append(some)
        values.append(theirs)
    return Column(np.concatenate(times), np.concatenate(values), hold_us)
