"""`GET readings/`: what was measured, of any series, in any window and shape."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from access.scope import Scope
from devices import clock
from telemetry.api import parameters as query
from telemetry.api import raw_readings, resampled, selection
from telemetry.api.readings_shapes import ListedReadingsShape, ReadingsShape, TableReadingsShape
from telemetry.api.window import window
from telemetry.export import options
from telemetry.export.formats import FORMATS, wanted
from telemetry.export.table_view import TableView, responses
from telemetry.history import buckets, reader
from telemetry.history.buckets import Buckets
from telemetry.history.refusal import CannotAnswer
from telemetry.moments import to_ms

DEFAULT_SPAN = buckets.HOUR
DEFAULT_POINTS = 800
SHAPES = ("series", "wide", "long")

_ALWAYS = selection.LISTS | {"from", "to", "tz", "interval"} | options.PARAMETERS
_OF_POINTS = frozenset({"points"})
_OF_RAW = frozenset({"shape", "limit", "cursor"})
_OF_BUCKETS = frozenset({"shape", "agg", "fill"})
_LISTS = selection.LISTS | {"agg"}


ANSWER = PolymorphicProxySerializer(
    component_name="ReadingsAnswer",
    serializers=[ReadingsShape, ListedReadingsShape, TableReadingsShape],
    resource_type_field_name=None,
    many=False,
)


class ReadingsView(TableView):
    """Readings of series in a window: at most so many points of each, in buckets of an interval, or
    every reading as it is, in pages or as a file."""

    @extend_schema(
        operation_id="readings",
        tags=["Readings"],
        parameters=[
            *selection.PARAMETERS,
            query.FROM,
            query.TO,
            query.TZ,
            query.whole(
                "points",
                "Most points a series; the lowest and the highest value are kept.",
                least=reader.MIN_POINTS,
                most=reader.MAX_POINTS,
                default=DEFAULT_POINTS,
            ),
            query.described(
                "interval",
                "Instead of points: `raw` is every reading; `5m`, `1h`, `1d`, `1w`, `1mo`, `1y` are"
                " buckets on the calendar of `tz`.",
            ),
            *resampled.PARAMETERS,
            query.described(
                "shape",
                "With an interval: a list a series, one table with a column a series, or one with"
                " a row a series and time.",
                enum=SHAPES,
            ),
            *raw_readings.PARAMETERS,
            *options.described(),
        ],
        responses=responses(ANSWER),
    )
    def get(self, request: Request) -> HttpResponseBase:
        every = _ALWAYS | _OF_POINTS | _OF_RAW | _OF_BUCKETS
        query.known(request, every, lists=_LISTS)
        interval = query.text(request, "interval")
        if not interval and wanted(request) != "json":
            interval = "raw"
        meant = {"": _OF_POINTS, "raw": _OF_RAW}.get(interval, _OF_BUCKETS)
        for name in (every - _ALWAYS - meant) & set(request.query_params):
            query.refuse(name, f"It has no meaning with {_said(interval)}.")
        shape = query.one_of(request, "shape", SHAPES)
        if shape == "series" and wanted(request) != "json":
            query.refuse("shape", f"A file is wide or long; JSON alone has lists. {_files()}")
        try:
            if interval == "raw":
                return raw_readings.answer(request, shape, DEFAULT_SPAN)
            if interval:
                return resampled.answer(request, interval, shape, DEFAULT_SPAN)
            return _points(request)
        except CannotAnswer as exc:
            query.refuse(exc.parameter, str(exc))


def _points(request: Request) -> Response:
    series = selection.selected(request, Scope.of(request), reader.MAX_SERIES)
    now = clock.now()
    start, stop = window(request, to_ms(now), DEFAULT_SPAN, query.zone(request))
    points = query.integer(
        request, "points", DEFAULT_POINTS, least=reader.MIN_POINTS, most=reader.MAX_POINTS
    )
    found = reader.window_of(series, start, stop, points, now=now)
    for one in found:
        width = one["bucket_ms"]
        level = "raw" if width is None else Buckets(width, 0, 0).level
        one["read"] = "readings" if level == "raw" else f"rollup_{level}"
    return Response({"now": to_ms(now), "from": start, "to": stop, "series": found})


def _said(interval: str) -> str:
    return f"interval={interval[:20]}" if interval else "points; ask with an interval"


def _files() -> str:
    return f"The formats are {', '.join(FORMATS)}."
