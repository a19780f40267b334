"""Read what was measured: the only reader of the reading and rollup tables.

A series of any kind may have rows in both `reading` and `text_reading`: a sensor that once sent
"ERR", an integer too large for a float. Numbers and texts are answered beside each other, never as
one list: a text has no mean, and no place on a line.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from access.scope import Scope
from devices import clock
from telemetry.history import buckets, columns, newest, raw_buckets, texts
from telemetry.history.read_limit import limited
from telemetry.models import Series
from telemetry.moments import from_ms, in_ms, to_us
from telemetry.series.form import series_form
from telemetry.sql import load
from telemetry.storage import kept, pack_rows

MAX_SERIES = 200  # series of one request
MIN_POINTS, MAX_POINTS = 10, 5000  # points a series
MAX_TOTAL_POINTS = 200_000  # points of one answer: many series get fewer each
MAX_SPAN = 3660 * buckets.DAY  # ms of a window: ten years

# (ms, value), or (bucket ms, mean, min, max, count). Of an answer there are thousands: a list each
# takes longer to make, and is one more that the collector goes through while they are there.
Point = tuple[Any, ...]

_SQL = load("history")


def known_ids(scope: Scope, series_ids: Iterable[int]) -> set[int]:
    """Those of the ids that are a series the scope sees."""
    seen = Series.objects.visible_to(scope)
    return set(seen.filter(id__in=list(series_ids)).values_list("id", flat=True))


def window(
    scope: Scope,
    series_ids: Sequence[int],
    start_ms: float,
    end_ms: float,
    points: int,
    *,
    now: datetime | None = None,
) -> list[dict[str, Any]]:
    """`window_of` the series with these ids, in this order. Ids of no series in sight are left
    out."""
    wanted = list(dict.fromkeys(series_ids))
    found = Series.objects.visible_to(scope).select_related("device").in_bulk(wanted)
    series = [found[series_id] for series_id in wanted if series_id in found]
    return window_of(series, start_ms, end_ms, points, now=now)


@limited()
def window_of(
    series: Sequence[Series],
    start_ms: float,
    end_ms: float,
    points: int,
    *,
    now: datetime | None = None,
) -> list[dict[str, Any]]:
    """What each of these series, read with their devices by who may see them, measured in
    [start, end), as `GET /api/v1/readings/` gives it.

    A series with at most `points` numbers comes as they are; one with more is reduced to at most
    `points` whole buckets that overlap the window. The caller checks the bounds above.
    """
    found = {one.pk: one for one in series}
    ids = list(found)
    if not ids:
        return []
    points = min(points, MAX_TOTAL_POINTS // len(ids))
    since = kept.each(ids, now or clock.now())
    start, stop = from_ms(start_ms), from_ms(end_ms)

    whole = [series_id for series_id in ids if start >= since[series_id].raw]
    raw_ids = with_at_most(points, whole, start, stop)
    reduced_ids = [series_id for series_id in ids if series_id not in set(raw_ids)]
    numbers = _readings(raw_ids, start, stop)
    covering = buckets.covering(
        math.floor(start_ms),
        math.ceil(end_ms),
        points,
        at_least=max((_finest(start, since[each]) for each in reduced_ids), default=buckets.SECOND),
    )
    numbers |= _reduced(reduced_ids, covering)
    said = texts.runs([found[series_id] for series_id in ids], start, stop, points)
    before = newest.recent(ids, before=start, now=now or clock.now())
    return [
        _answer(
            found[series_id],
            numbers=numbers.get(series_id, []),
            said=said[series_id],
            bucket_ms=covering.width if series_id in reduced_ids else None,
            before=before[series_id].point if series_id in before else None,
        )
        for series_id in ids
    ]


def latest(
    scope: Scope, series_ids: Sequence[int], *, now: datetime | None = None
) -> dict[int, newest.Point]:
    """The newest [ms, value] of each series that has one and that the scope sees."""
    return {
        series_id: found.point for series_id, found in recent(scope, series_ids, now=now).items()
    }


@limited()
def recent(
    scope: Scope, series_ids: Sequence[int], *, now: datetime | None = None
) -> dict[int, newest.Recent]:
    """The same, with the times of the newest numbers, which tell how often it comes."""
    # Without a query for whoever sees everything: a fleet's ids are many.
    ids = list(series_ids if scope.sees_everything else known_ids(scope, series_ids))
    now = now or clock.now()
    found = newest.recent(ids, now=now, fewest=2)  # one alone tells nothing of how often it comes
    # A series all of whose readings are ahead of us: better the newest of these than none.
    rest = [series_id for series_id in ids if series_id not in found]
    return found | newest.newest(
        rest, floor=now, before=newest.FAR, now=now, ahead=newest.FAR - now
    )


@limited()
def newest_before(
    series_ids: list[int], moment: datetime, *, now: datetime
) -> dict[int, newest.Point]:
    """The newest [ms, value] of each series that has one before a moment."""
    found = newest.recent(series_ids, before=moment, now=now)
    return {series_id: each.point for series_id, each in found.items()}


def _finest(start: datetime, since: kept.Kept) -> int:
    """The narrowest bucket that is still complete at `start`: retention drops the finest first."""
    if start < since.hours:
        return buckets.DAY
    if start < since.minutes:
        return buckets.HOUR
    return buckets.MINUTE if start < since.raw else buckets.SECOND


def _fetch(name: str, ids: list[int], **parameters: Any) -> list[tuple[Any, ...]]:
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_SQL[name], {"series": ids, **parameters})
        return cursor.fetchall()


def with_at_most(points: int, ids: list[int], start: datetime, stop: datetime) -> list[int]:
    """Those of the series that have at most so many numbers in [start, stop)."""
    rows = _fetch("count_readings", ids, start=start, stop=stop, limit=points + 1)
    within = to_us(start), to_us(stop)
    return [
        series_id
        for series_id, count, reaching in rows
        if count + sum(pack_rows.count(each, *within) for each in reaching or ()) <= points
    ]


def _readings(ids: list[int], start: datetime, stop: datetime) -> dict[int, list[Point]]:
    if not ids:
        return {}
    stored = columns.of_many(ids, to_us(start), to_us(stop))
    several, begins = np.unique(stored.series_ids, return_index=True)
    ends = np.append(begins, len(stored.series_ids))[1:].tolist()
    points = list(zip(_in_ms(stored.times_us), stored.values.tolist(), strict=True))
    cut = zip(several.tolist(), begins.tolist(), ends, strict=True)
    return {series_id: points[at:end] for series_id, at, end in cut}


def _in_ms(times_us: NDArray[np.int64]) -> list[float]:
    """`in_ms` of each; at once where all are whole, as nearly always."""
    if (times_us % 1000).any():
        return [in_ms(us) for us in times_us.tolist()]
    found: list[float] = (times_us // 1000).tolist()
    return found


def _reduced(ids: list[int], covering: buckets.Buckets) -> dict[int, list[Point]]:
    if not ids:
        return {}
    if covering.level == "raw":
        edges = (covering.start * 1_000, covering.stop * 1_000, covering.width * 1_000)
        return {each: raw_buckets.points(each, *edges) for each in ids}
    found = columns.reduced(
        covering.level,
        ids,
        covering.start * 1_000,
        covering.stop * 1_000,
        covering.width * 1_000,
    )
    return {series_id: _points(of) for series_id, of in found.cut()}


def _points(of: columns.Reduced) -> list[Point]:
    shown = (of.starts_us // 1_000, of.means(), of.low, of.high, of.counts)
    return list(zip(*(column.tolist() for column in shown), strict=True))


def _answer(
    series: Series,
    *,
    numbers: list[Point],
    said: texts.Texts,
    bucket_ms: int | None,
    before: newest.Point | None,
) -> dict[str, Any]:
    return series_form(series) | {
        "device": series.device.uid,
        "reduced": bucket_ms is not None,
        "bucket_ms": bucket_ms,
        "points": numbers,
        "texts": said.runs,
        "texts_since": said.since,
        "before": before,
    }
