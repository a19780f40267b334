"""Readings in buckets on the calendar of a zone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from access.scope import Scope
from devices import clock
from telemetry.api import parameters as query
from telemetry.api import selection
from telemetry.api.window import window
from telemetry.export.answer import streamed
from telemetry.export.file_name import file_name
from telemetry.export.formats import wanted
from telemetry.history import gaps, grid, resampled_table
from telemetry.history.aggregates import NAMES, Ints
from telemetry.history.reader import MAX_SERIES
from telemetry.history.resample import Answer, resample
from telemetry.models import Series
from telemetry.moments import in_ms, to_ms
from telemetry.series.form import series_form

DEFAULT_AGGREGATES = ("mean", "min", "max", "count")

PARAMETERS = [
    query.described(
        "agg",
        f"With an interval: aggregates; absent is {', '.join(DEFAULT_AGGREGATES)}.",
        many=True,
        enum=NAMES,
    ),
    query.described(
        "fill", "With an interval: what an empty bucket is. Absent is `null`.", enum=gaps.FILLS
    ),
]


def answer(request: Request, interval: str, shape: str, span: int) -> HttpResponseBase:
    names = query.words_of(request, "agg", NAMES) or list(DEFAULT_AGGREGATES)
    fill = query.one_of(request, "fill", gaps.FILLS) or "null"
    zone, now = query.zone(request), clock.now()
    start, stop = window(request, to_ms(now), span, zone)
    edges = _edges(interval, round(start * 1000), round(stop * 1000), zone)
    series = selection.selected(request, Scope.of(request), MAX_SERIES)
    found = resample(series, names, edges, fill, now=now)
    about = {
        "now": to_ms(now), "from": start, "to": stop, "tz": zone.key, "interval": interval,
        "agg": names, "fill": fill, "read": found.read,
    }  # fmt: skip
    is_file = wanted(request) != "json"
    if shape in ("", "series") and not is_file:
        return Response(
            about | {"columns": ["time", *names], "series": _lists(series, names, found)}
        )
    if shape == "long":
        table = resampled_table.long(series, names, found, about)
    else:
        table = resampled_table.wide(series, names, found, about, full=fill != "none")
    sites = [one.device.site.slug for one in series if one.device.site]
    devices, metrics = [one.device.uid for one in series], [one.metric for one in series]
    name = file_name(sites, devices, metrics, round(start * 1000), round(stop * 1000), zone)
    return streamed(request, table, f"{name}-{interval}", zone)


def _edges(interval: str, start_us: int, stop_us: int, zone: ZoneInfo) -> Ints:
    try:
        asked = grid.parse(interval)
    except ValueError as exc:
        query.refuse("interval", str(exc))
    try:
        return grid.edges(asked, start_us, stop_us, zone)
    except grid.TooManyBuckets:
        query.refuse(
            "interval",
            f"The window has more than {grid.MAX_BUCKETS} buckets of {interval}, the most of one"
            " answer. Ask for a longer interval or a shorter window.",
        )
    except OverflowError:
        query.refuse("to", "The last bucket ends beyond the calendar.")


def _lists(series: Sequence[Series], names: Sequence[str], found: Answer) -> list[dict[str, Any]]:
    begins = found.edges[:-1]
    lists = []
    for one in series:
        of = found.of[one.id]
        times = [in_ms(us) for us in begins[of.shown].tolist()]
        columns = [resampled_table.cells(name, of) for name in names]
        points = [list(row) for row in zip(times, *columns, strict=True)]
        lists.append(series_form(one) | {"device": one.device.uid, "points": points})
    return lists
