"""`GET readings/` and `GET devices/{uid}/latest/`: what was measured."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from access.scope import Scope
from devices import clock
from devices.models import Device
from devices.summary import presence_form
from telemetry.api import parameters as query
from telemetry.api.history_view import HistoryView
from telemetry.api.series_state import with_latest
from telemetry.api.shapes import LatestShape, ReadingsShape
from telemetry.api.window import window
from telemetry.export.answer import streamed
from telemetry.export.file_name import file_name
from telemetry.export.formats import wanted
from telemetry.export.options import PARAMETERS, TZ, described, time_zone
from telemetry.export.table_view import TableView, responses
from telemetry.history import buckets, reader
from telemetry.history.raw_table import long_form
from telemetry.models import Series
from telemetry.moments import to_ms
from telemetry.series.form import series_form

DEFAULT_SPAN = buckets.HOUR
DEFAULT_POINTS = 800


class ReadingsView(TableView):
    """Readings of one or several series in a window, reduced when there are many; as a file of any
    format all of them, as they are."""

    @extend_schema(
        operation_id="readings",
        tags=["Readings"],
        parameters=[
            query.described(
                "series",
                f"Ids of series, at most {reader.MAX_SERIES}: with commas, or several times.",
                many=True,
            ),
            query.described("device", "Instead of series: the uid of a device."),
            query.described(
                "metric",
                "With device: metrics, with commas or several times; absent is all. A comma in a"
                " name is written `\\,`.",
                many=True,
            ),
            query.FROM,
            query.TO,
            query.described(
                "points",
                f"Most points a series, {reader.MIN_POINTS} to {reader.MAX_POINTS}.",
                int,
            ),
            TZ,
            *described(),
        ],
        responses=responses(ReadingsShape),
    )
    def get(self, request: Request) -> HttpResponseBase:
        names = {"series", "device", "metric", "from", "to", "points", "tz", *PARAMETERS}
        query.known(request, names, lists={"series", "metric"})
        scope = Scope.of(request)
        series_ids = _asked_series(request, scope)
        now = clock.now()
        start, stop = window(request, to_ms(now), DEFAULT_SPAN)
        if wanted(request) != "json":
            return _file(request, scope, series_ids, start, stop)
        points = query.integer(
            request, "points", DEFAULT_POINTS, least=reader.MIN_POINTS, most=reader.MAX_POINTS
        )
        series = reader.window(scope, series_ids, start, stop, points, now=now)
        return Response({"now": to_ms(now), "from": start, "to": stop, "series": series})


class LatestView(HistoryView):
    """The newest reading of each series of a device."""

    @extend_schema(operation_id="device_latest", tags=["Readings"], responses=LatestShape)
    def get(self, request: Request, uid: str) -> Response:
        query.known(request, ())
        scope = Scope.of(request)
        visible = Device.objects.visible_to(scope).select_related("presence")
        device = get_object_or_404(visible, uid=uid)
        series = [series_form(one) for one in device.series.all()]
        now = clock.now()
        presence = presence_form(device)
        with_latest(
            series,
            reader.recent(scope, [one["id"] for one in series], now=now),
            presence=presence,
            expected_interval=device.expected_interval,
            now=to_ms(now),
        )
        return Response({"now": to_ms(now), "device": uid, "presence": presence, "series": series})


def _file(
    request: Request, scope: Scope, series_ids: list[int], start: float, stop: float
) -> HttpResponseBase:
    zone = time_zone(request)
    start_us, stop_us = round(start * 1_000), round(stop * 1_000)
    of = Series.objects.visible_to(scope).filter(id__in=series_ids)
    names = list(of.values_list("device__site__slug", "device__uid", "metric"))
    sites, devices, metrics = zip(*names, strict=True) if names else ((), (), ())
    table = long_form(scope, series_ids, start_us, stop_us)
    name = file_name(sites, devices, metrics, start_us, stop_us, zone)
    return streamed(request, table, name, zone)


def _asked_series(request: Request, scope: Scope) -> list[int]:
    uid = query.text(request, "device")
    if not uid:
        if query.text(request, "metric"):
            query.refuse("metric", "A metric needs the device it is of.")
        ids = query.series_ids(request, "series", reader.MAX_SERIES)
        unknown = set(ids) - reader.known_ids(scope, ids)
        if unknown:
            query.refuse("series", f"No such series: {', '.join(map(str, sorted(unknown)))}.")
        return ids
    if query.text(request, "series"):
        query.refuse("series", "Ask for series or for a device, not both.")
    device = Device.objects.visible_to(scope).filter(uid=uid).first()
    if device is None:
        query.refuse("device", "No such device.")
    return _series_of(device, query.words(request, "metric"))


def _series_of(device: Device, metrics: list[str]) -> list[int]:
    found = dict(device.series.values_list("metric", "id"))
    unknown = [metric for metric in metrics if metric not in found]
    if unknown:
        query.refuse("metric", f"The device has no {', '.join(unknown)}."[:500])
    ids = [found[metric] for metric in metrics] if metrics else list(found.values())
    if len(ids) > reader.MAX_SERIES:
        query.refuse("metric", f"Ask for at most {reader.MAX_SERIES} metrics at once.")
    return ids
