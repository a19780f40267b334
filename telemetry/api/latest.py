"""`GET readings/latest/` and `GET devices/{uid}/latest/`: the newest readings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
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
from telemetry.api import selection
from telemetry.api.fleet_shapes import LatestOfManyShape, LatestShape
from telemetry.api.history_view import HistoryView
from telemetry.api.series_state import with_latest
from telemetry.export import options
from telemetry.export.answer import streamed
from telemetry.export.formats import wanted
from telemetry.export.table_view import TableView, responses
from telemetry.history import reader
from telemetry.history.newest import Point
from telemetry.history.raw_table import Facts
from telemetry.history.table import Block, Column, Table
from telemetry.models import Series
from telemetry.moments import from_ms, to_ms
from telemetry.series.form import series_form

MAX_SERIES = 20_000  # series of one answer
_MICROSECOND = timedelta(microseconds=1)


class LatestOfManyView(TableView):
    """The newest reading of each series of a fleet, now or as of a moment."""

    @extend_schema(
        operation_id="readings_latest",
        tags=["Readings"],
        parameters=[
            *selection.PARAMETERS,
            query.described("at", "As of this moment, included; absent is now."),
            query.TZ,
            *options.described(),
        ],
        responses=responses(LatestOfManyShape),
    )
    def get(self, request: Request) -> HttpResponseBase:
        names = selection.LISTS | {"at", "tz"} | options.PARAMETERS
        query.known(request, names, lists=selection.LISTS)
        scope, now, zone = Scope.of(request), clock.now(), query.zone(request)
        at = query.milliseconds(request, "at", zone=zone, now=now)
        series = selection.selected(request, scope, MAX_SERIES, every=True)
        ids = [one.pk for one in series]
        if at is None:
            found = reader.latest(scope, ids, now=now)
        else:
            found = reader.newest_before(ids, from_ms(at) + _MICROSECOND, now=now)
        about = {"now": to_ms(now), "at": to_ms(now) if at is None else at}
        if wanted(request) != "json":
            return streamed(request, _table(series, found, about), "latest", zone)
        return Response(about | {"series": [_form(one, found) for one in series]})


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


def _form(one: Series, found: Mapping[int, Point]) -> dict[str, Any]:
    site = one.device.site
    return series_form(one) | {
        "device": one.device.uid,
        "site": site.slug if site else None,
        "latest": found.get(one.pk),
    }


def _table(series: list[Series], found: Mapping[int, Point], about: dict[str, Any]) -> Table:
    """A row a series that has a reading."""
    there = [one for one in series if one.pk in found]
    points = [found[one.pk] for one in there]
    values = [value for _, value in points]
    columns = [
        Column("time", "time"),
        *Facts.COLUMNS,
        Column("value", "number"),
        Column("text", "text"),
    ]
    block: Block = [
        np.array([round(ms * 1000) for ms, _ in points], np.int64),
        *Facts(there).of(np.array([one.pk for one in there], np.int64)),
        np.array([np.nan if isinstance(value, str) else value for value in values], np.float64),
        [value if isinstance(value, str) else None for value in values],
    ]
    return Table(columns, iter([block] if there else []), about)
