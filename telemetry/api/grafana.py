"""`grafana/`: what Grafana's JSON data sources ask of a server (simpod-json-datasource, and
simple-json before it). Their addresses have no slash at the end."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from access.scope import Scope
from devices import clock
from devices.models import Device
from devices.presence_past import reduced
from devices.search import MAX_SEARCH, with_words
from telemetry.api import parameters as query
from telemetry.api.history_view import HistoryView
from telemetry.history import reader
from telemetry.models import Series
from telemetry.moments import in_ms, parse
from telemetry.presence import past

MAX_FOUND = 1_000  # series of a list to choose from
MAX_TARGETS = 50  # series of one panel
POINTS = 800  # of a series where Grafana does not say
MAX_ANNOTATION = 2_000  # characters as JSON: each region repeats it
MAX_REGIONS = 1_000  # of one answer
AWAY = ("offline", "silent")  # what an annotation tells of
AGGREGATES = {"mean": 1, "min": 2, "max": 3, "count": 4}  # where it stands in a reduced point

LIST = {"type": "array", "items": {}}
_asking = extend_schema(
    tags=["Grafana"], request=OpenApiTypes.OBJECT, responses={(200, "application/json"): LIST}
)


class GrafanaView(HistoryView):
    """`GET /`: that the data source may log in."""

    @extend_schema(operation_id="grafana", tags=["Grafana"], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        query.known(request, ())
        return Response({"status": "ok"})


class SearchView(HistoryView):
    """The series there are, as `uid metric`."""

    changes_nothing = True

    @_asking
    @extend_schema(operation_id="grafana_search")
    def post(self, request: Request) -> Response:
        return Response([_name(each) for each in _found(request, _body(request).get("target"))])


class MetricsView(HistoryView):
    """The same, with what may be chosen of each."""

    changes_nothing = True

    @_asking
    @extend_schema(operation_id="grafana_metrics")
    def post(self, request: Request) -> Response:
        _body(request)
        options = [{"label": each, "value": each} for each in AGGREGATES]
        choice = {"name": "agg", "label": "Of a bucket", "type": "select", "options": options}
        return Response(
            [
                {"label": _name(each), "value": _name(each), "payloads": [choice]}
                for each in _found(request, None)
            ]
        )


class VariableView(HistoryView):
    """The same, for a variable of a dashboard."""

    changes_nothing = True

    @_asking
    @extend_schema(operation_id="grafana_variable")
    def post(self, request: Request) -> Response:
        payload = _body(request).get("payload")
        words = payload.get("target") if isinstance(payload, dict) else payload
        names = [_name(each) for each in _found(request, words)]
        return Response([{"__text": name, "__value": name} for name in names])


class QueryView(HistoryView):
    """The points of a panel."""

    changes_nothing = True

    @_asking
    @extend_schema(operation_id="grafana_query")
    def post(self, request: Request) -> Response:
        body = _body(request)
        start, stop = _range(body)
        scope = Scope.of(request)
        targets = _targets(body.get("targets"), scope)
        points = body.get("maxDataPoints")
        most = points if type(points) is int else POINTS
        read = reader.window(
            scope,
            [series.pk for series, _, _ in targets],
            start,
            stop,
            min(max(most, reader.MIN_POINTS), reader.MAX_POINTS),
            now=clock.now(),
        )
        by_id = {each["id"]: each for each in read}
        return Response(
            [
                _answer(_name(series), by_id[series.pk]["points"], place, is_table)
                for series, place, is_table in targets
            ]
        )


class AnnotationsView(HistoryView):
    """When the device that the annotation's query names was away."""

    changes_nothing = True

    @_asking
    @extend_schema(operation_id="grafana_annotations")
    def post(self, request: Request) -> Response:
        body = _body(request)
        start, stop = _range(body)
        annotation = body.get("annotation")
        uid = annotation.get("query") if isinstance(annotation, dict) else None
        if len(json.dumps(annotation)) > MAX_ANNOTATION:
            query.refuse("annotation", f"At most {MAX_ANNOTATION} characters.")
        visible = Device.objects.visible_to(Scope.of(request)).select_related("presence")
        device = visible.filter(uid=uid).first() if isinstance(uid, str) else None
        if device is None:
            query.refuse("annotation", "Its query is the uid of a device.")
        until, found = past.of_devices([device], int(start), int(min(stop, clock.now_ms())))
        stretches = found[device.pk]
        if len(stretches) > MAX_REGIONS:
            stretches = reduced(stretches, int(start), int(stop), MAX_REGIONS)
        return Response(
            [
                {
                    "annotation": annotation,
                    "time": each.start,
                    "timeEnd": min(each.stop, until),
                    "isRegion": True,
                    "title": f"{device.name or device.uid}: {each.state}",
                    "text": f"{device.uid} {each.state}",
                    "tags": [each.state],
                }
                for each in stretches
                if each.state in AWAY
            ]
        )


def _body(request: Request) -> dict[str, Any]:
    query.known(request, ())
    if not isinstance(request.data, dict):
        query.refuse("body", "Write a JSON object.")
    return request.data


def _range(body: dict[str, Any]) -> tuple[float, float]:
    given = body.get("range")
    try:
        start, stop = (in_ms(parse(given[edge])) for edge in ("from", "to"))  # type: ignore[index]
    except (KeyError, TypeError, ValueError):
        query.refuse("range", "Write it with `from` and `to`, in ISO 8601.")
    if not 0 <= start < stop <= query.MAX_MS or stop - start > reader.MAX_SPAN:
        query.refuse("range", "Its end is after its begin, by at most ten years.")
    return start, stop


def _found(request: Request, words: object) -> QuerySet[Series]:
    """Those with every word in their name or their device's."""
    series = Series.objects.visible_to(Scope.of(request)).select_related("device")
    said = words if isinstance(words, str) else ""
    if len(said) > MAX_SEARCH:
        query.refuse("target", f"At most {MAX_SEARCH} characters.")
    found = with_words(series, said, "metric", "device__uid", "device__name")
    return found.order_by("device__uid", "metric")[:MAX_FOUND]


def _name(series: Series) -> str:
    """A uid has no blank, so what is behind the first one is the metric."""
    return f"{series.device.uid} {series.metric}"


def _targets(given: object, scope: Scope) -> list[tuple[Series, int, bool]]:
    """Each series asked for, where its value stands in a reduced point, and whether it is to be a
    table. A target without a name is a panel that is not finished."""
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        query.refuse("targets", "Write a list of objects.")
    if len(given) > MAX_TARGETS:
        query.refuse("targets", f"At most {MAX_TARGETS}.")
    found = []
    for each in given:
        name = each.get("target")
        if not isinstance(name, str) or not name.strip() or each.get("hide"):
            continue
        uid, _, metric = name.partition(" ")
        visible = Series.objects.visible_to(scope).select_related("device")
        series = visible.filter(device__uid=uid, metric=metric).first()
        if series is None:
            query.refuse("targets", f"No such series: {name[:200]!r}. Write `uid metric`.")
        payload = each.get("payload")
        aggregate = payload.get("agg", "mean") if isinstance(payload, dict) else "mean"
        if not isinstance(aggregate, str) or aggregate not in AGGREGATES:
            query.refuse("targets", f"`agg` is one of {', '.join(AGGREGATES)}.")
        found.append((series, AGGREGATES[aggregate], each.get("type") == "table"))
    return found


def _answer(name: str, points: list[Any], place: int, is_table: bool) -> dict[str, Any]:
    pairs = [(point[0], point[place] if len(point) > 2 else point[1]) for point in points]
    if is_table:
        columns = [{"text": "Time", "type": "time"}, {"text": name, "type": "number"}]
        return {"type": "table", "columns": columns, "rows": pairs}
    return {"target": name, "datapoints": [(value, ms) for ms, value in pairs]}
