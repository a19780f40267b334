"""Resampled series as one table: wide, a column a series and aggregate, or long, a row a series and
bucket."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telemetry.history.aggregates import DURATION
from telemetry.history.raw_table import Facts
from telemetry.history.resample import Answer, Resampled
from telemetry.history.table import Block, Column, Kind, Table, Values
from telemetry.models import Series

_TIMELESS = {"count": "", DURATION: "s"}


def wide(
    series: Sequence[Series],
    names: Sequence[str],
    answer: Answer,
    about: dict[str, Any],
    *,
    full: bool,
) -> Table:
    """A row a bucket: all of them if `full`, otherwise those in which some series has a value."""
    rows = np.full(len(answer.edges) - 1, full)
    for one in series:
        rows |= answer.of[one.id].shown
    columns = [Column("time", "time")]
    block: Block = [answer.edges[:-1][rows]]
    for one in series:
        found = answer.of[one.id]
        base = f"{one.device.uid}.{one.metric}"
        facts = {"series": one.id, "device": one.device.uid, "metric": one.metric}
        for name in names:
            if name == DURATION:
                for state, seconds in found.states.items():
                    columns.append(
                        Column(
                            f"{base}.{state}", "number", "s", {**facts, "agg": name, "state": state}
                        )
                    )
                    block.append(seconds[rows])
                continue
            title = base if len(names) == 1 else f"{base}.{name}"
            kind = _kind(found.values[name])
            columns.append(Column(title, kind, unit_of(one, name), {**facts, "agg": name}))
            block.append(_values(found.values[name][rows]))
    return Table(columns, iter([block] if rows.any() else []), about)


def long(
    series: Sequence[Series], names: Sequence[str], answer: Answer, about: dict[str, Any]
) -> Table:
    """A row a bucket that is shown of each series, and a column an aggregate and a state."""
    said = any(one.kind == Series.Kind.TEXT for one in series)
    states = list(dict.fromkeys(state for one in series for state in answer.of[one.id].states))
    columns = [
        Column("time", "time"),
        *Facts.COLUMNS,
    ]
    for name in names:
        if name == DURATION:
            columns += [Column(f"{name}.{state}", "number", "s") for state in states]
        else:
            columns.append(Column(name, "integer" if name == "count" else "number"))
            if said and name in ("first", "last"):
                columns.append(Column(f"{name}.text", "text"))
    return Table(columns, _long(series, names, answer, states, said), about)


def unit_of(series: Series, name: str) -> str:
    if name in _TIMELESS:
        return _TIMELESS[name]
    return f"{series.unit}/s" if name == "rate" and series.unit else series.unit


def cells(name: str, found: Resampled) -> list[Any]:
    """This aggregate in the buckets that are shown; None where there is none."""
    if name == DURATION:
        spent = {state: column[found.shown].tolist() for state, column in found.states.items()}
        rows = int(found.shown.sum())
        return [
            {state: column[row] for state, column in spent.items() if column[row] > 0} or None
            for row in range(rows)
        ]
    column = found.values[name][found.shown]
    listed: list[Any] = column.tolist()
    if column.dtype == np.float64 and not np.isfinite(column).all():
        finite = np.isfinite(column).tolist()
        return [value if good else None for value, good in zip(listed, finite, strict=True)]
    return listed


def _long(
    series: Sequence[Series], names: Sequence[str], answer: Answer, states: list[str], said: bool
) -> Iterator[Block]:
    facts = Facts(series)
    for one in series:
        found = answer.of[one.id]
        shown = found.shown
        rows = int(shown.sum())
        if not rows:
            continue
        nothing: NDArray[np.float64] = np.full(rows, np.nan)
        block: Block = [answer.edges[:-1][shown], *facts.of(np.full(rows, one.id))]
        for name in names:
            if name == DURATION:
                block += [
                    found.states[state][shown] if state in found.states else nothing
                    for state in states
                ]
                continue
            column = found.values[name][shown]
            is_text = column.dtype == object
            block.append(nothing if is_text else column)
            if said and name in ("first", "last"):
                block.append(column.tolist() if is_text else [None] * rows)
        yield block


def _kind(column: NDArray[Any]) -> Kind:
    if column.dtype == object:
        return "text"
    return "integer" if column.dtype.kind == "i" else "number"


def _values(column: NDArray[Any]) -> Values:
    return column.tolist() if column.dtype == object else column
