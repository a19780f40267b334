"""Series on one grid of buckets: from the summaries where they give the exact answer, and from the
readings otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devices.presence import silent_after
from telemetry.history import every_reading, gaps, pieces, reader
from telemetry.history.aggregates import DURATION, STATES, SUMMED, Floats, Ints, of_pieces
from telemetry.history.every_reading import INSTEAD, MAX_READINGS
from telemetry.history.refusal import CannotAnswer
from telemetry.models import Series
from telemetry.moments import from_us, in_ms, to_us
from telemetry.storage import kept

MAX_CELLS = 1_000_000  # buckets, times series, times aggregates, of one answer
MAX_SUMMARIES = 2_000_000  # minutes, hours or days of all series, that one answer goes through

_CARRIED = frozenset({"increase", "rate", "time_weighted_mean", DURATION})


@dataclass
class Resampled:
    """One series. Each of `values` has a row a bucket; `states` are the seconds in each. `shown`
    says which buckets a list of them has: see `gaps`."""

    values: dict[str, NDArray[Any]]
    shown: NDArray[np.bool_]
    states: Mapping[str, Floats] = field(default_factory=dict)


@dataclass
class Answer:
    edges: Ints
    of: dict[int, Resampled]
    read: dict[str, Any]  # what was read: for whoever asks


def resample(
    series: Sequence[Series], names: Sequence[str], edges: Ints, fill: str, *, now: datetime
) -> Answer:
    """Every series in buckets with these edges. Raises `CannotAnswer`, and `TooSlow`."""
    cells = len(series) * (len(edges) - 1) * len(names)
    if cells > MAX_CELLS:
        raise CannotAnswer(
            "interval",
            f"{len(edges) - 1} buckets of {len(series)} series and {len(names)} aggregates are"
            f" more than {MAX_CELLS} values, the most of one answer. Ask for a longer interval, a"
            " shorter window, or fewer series.",
        )
    ids = [one.id for one in series]
    first = from_us(int(edges[0]))
    before: dict[int, Any] = {}
    if fill == "previous" or _CARRIED & set(names):
        points = reader.newest_before(ids, first, now=now)
        before = {series_id: value for series_id, (_, value) in points.items()}
    level = pieces.level(edges) if set(names) <= set(SUMMED) else None
    _check_kept(level, names, first, kept.all_of(ids, now))
    of: dict[int, Resampled] = {}
    read: dict[str, Any] = {"from": "readings", "rows": 0, "fresh_tail": None}
    counted = [*names, *(() if "count" in names else ("count",))]
    numeric = [one for one in series if one.kind != Series.Kind.TEXT]
    if level is not None:
        _check_summaries(level, len(numeric), edges)
        found = pieces.read(level, [one.id for one in numeric], int(edges[0]), int(edges[-1]))
        fresh = None if found.fresh_us is None else in_ms(found.fresh_us)
        read = {"from": f"rollup_{level}", "rows": found.rows, "fresh_tail": fresh}
        for one in numeric:
            some = found.of.get(one.id, _NO_PIECES)
            of[one.id] = _shown(one, of_pieces(counted, some, edges), {}, edges, fill, before, now)
    else:
        _check_readings([one.id for one in numeric], edges)
        for one in numeric:
            raw = every_reading.of_series(
                one.id,
                counted,
                edges,
                before=_number(before.get(one.id)),
                until_us=to_us(now),
                room=MAX_READINGS - read["rows"],
                state_name=_state_name(one),
            )
            read["rows"] += raw.rows
            of[one.id] = _shown(one, raw.values, raw.states, edges, fill, before, now)
    for one in series:
        if one.id not in of:
            name = _state_name(one)
            held = before.get(one.id)
            said = every_reading.of_texts(
                one.id,
                counted,
                edges,
                before=held if held is None or isinstance(held, str) else name(held),
                until_us=to_us(now),
                state_name=name,
            )
            read["texts"] = read.get("texts", 0) + said.rows
            of[one.id] = _shown(one, said.values, said.states, edges, fill, before, now)
    return Answer(edges, {one: of[one] for one in ids}, read)


_NO_PIECES = pieces.Pieces(
    np.empty(0, np.int64), np.empty(0, np.int64), *(np.empty(0) for _ in range(5))
)


def _shown(
    one: Series,
    values: dict[str, NDArray[Any]],
    states: Mapping[str, Floats],
    edges: Ints,
    fill: str,
    before: Mapping[int, Any],
    now: datetime,
) -> Resampled:
    full = values["count"] > 0
    for column in (*states.values(), *(values[name] for name in values if name in _CARRIED)):
        full = full | ~np.isnan(column.astype(np.float64))
    if fill == "null":
        silence_us = silent_after(one.device.expected_interval) * 1000
        return Resampled(values, full | gaps.in_gaps(full, edges, silence_us), states)
    if fill == "none":
        return Resampled(values, full, states)
    over = edges[:-1] >= to_us(now)  # nobody knows what will be
    for name, column in values.items():
        if name in STATES and column.dtype == np.float64:
            values[name] = gaps.filled(column, edges, fill, _number(before.get(one.id)))
            values[name][over] = np.nan
    return Resampled(values, np.ones(len(full), bool), states)


def _number(value: Any) -> float | None:
    return None if value is None or isinstance(value, str) else float(value)


def _state_name(one: Series) -> Any:
    if one.kind == Series.Kind.BOOLEAN:
        return lambda value: {0.0: "false", 1.0: "true"}.get(value, f"{value:g}")
    return lambda value: str(int(value)) if float(value).is_integer() else repr(float(value))


def _check_summaries(level: str, series: int, edges: Ints) -> None:
    most = int(edges[-1] - edges[0]) // pieces.LEVELS[level] * series
    if most > MAX_SUMMARIES:
        raise CannotAnswer(
            "from",
            f"Buckets with these edges are made of up to {most} summaries ({level}); one answer"
            f" goes through at most {MAX_SUMMARIES}. Narrow the window, ask for fewer series, or"
            " for days of UTC.",
        )


def _check_readings(ids: Sequence[int], edges: Ints) -> None:
    """Refuse before reading what would be refused after some seconds of it."""
    about = pieces.summarised(ids, int(edges[0]), int(edges[-1]))
    if about > MAX_READINGS:
        raise CannotAnswer(
            "agg",
            f"This needs every reading, about {about}; one answer goes through at most"
            f" {MAX_READINGS}. {INSTEAD}",
        )


def _check_kept(level: str | None, names: Sequence[str], first: datetime, since: kept.Kept) -> None:
    """Refuse what retention left no data for: an answer of what is left would be a wrong one."""
    if level is None and first < since.raw:
        exact = [name for name in names if name not in SUMMED]
        gone = (
            f"readings before {since.raw:%Y-%m-%dT%H:%MZ} are gone by retention, and the first"
            f" bucket begins at {first:%Y-%m-%dT%H:%MZ}."
        )
        if exact:
            raise CannotAnswer(
                "agg",
                f"{', '.join(exact)}: needs every reading; {gone} Ask from there on, or for"
                f" {', '.join(SUMMED)}.",
            )
        raise CannotAnswer(
            "interval",
            f"Buckets with these edges need every reading; {gone} Ask for whole minutes or hours.",
        )
    if level == "1m" and first < since.minutes:
        raise CannotAnswer(
            "interval",
            f"Buckets with these edges need summaries of minutes, and those before"
            f" {since.minutes:%Y-%m-%dT%H:%MZ} are gone by retention. Ask for whole hours in UTC.",
        )
    if level == "1h" and first < since.hours:
        raise CannotAnswer(
            "interval",
            f"Buckets with these edges need summaries of hours, and those before"
            f" {since.hours:%Y-%m-%dT%H:%MZ} are gone by retention. Ask for whole days in UTC.",
        )
