"""`GET fleet/`: every device with its presence and the newest reading of each of its series."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.fields.json import KeyTransform
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from access.scope import Scope
from devices import clock
from devices.models import Device
from devices.search import MAX_SEARCH, found
from devices.summary import device_summary
from devices.thresholds import KEY
from telemetry.api import parameters as query
from telemetry.api.fleet_shapes import FleetShape
from telemetry.api.history_view import HistoryView
from telemetry.api.series_state import with_latest
from telemetry.history import reader
from telemetry.history.sides import kept_means, op_of
from telemetry.models import Series
from telemetry.moments import to_ms
from telemetry.series.facts import SeriesRow
from telemetry.series.form import series_form

MAX_FLEET = 5000  # devices of one answer
MAX_SERIES_PER_DEVICE = 50  # series shown of one device: the first ones it sent


class FleetView(HistoryView):
    """The devices that match, by name, with what the overview shows of each."""

    @extend_schema(
        operation_id="fleet",
        tags=["Readings"],
        parameters=[
            query.described("search", "Part of a name, uid, kind, location or site; or a tag."),
            query.described("site", "The slug of a site, or `none` for devices without one."),
            query.described("kind", "The kind of the devices, exactly."),
        ],
        responses=FleetShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, {"search", "site", "kind"})
        scope = Scope.of(request)
        matching = _matching(request, scope)
        devices = list(
            matching.select_related("site", "presence")
            .defer("notes", "metadata")
            .annotate(lines=KeyTransform(KEY, "metadata"))[:MAX_FLEET]
        )
        total = len(devices) if len(devices) < MAX_FLEET else matching.count()
        now = clock.now()
        series = _series_of(devices, scope)
        ids = [one["id"] for of in series.values() for one in of]
        recent = reader.recent(scope, ids, now=now)
        answers = []
        for device in devices:
            summary = device_summary(device)
            with_latest(
                series[device.id],
                recent,
                presence=summary["presence"],
                expected_interval=device.expected_interval,
                now=to_ms(now),
            )
            answers.append(summary | {"series": series[device.id]})
        _say_sides(answers, now)
        return Response({"now": to_ms(now), "total": total, "devices": answers})


def _matching(request: Request, scope: Scope) -> QuerySet[Device]:
    devices = Device.objects.visible_to(scope).order_by("name", "id")
    if site := query.text(request, "site"):
        devices = devices.filter(Q(site=None) if site == "none" else Q(site__slug=site))
    if kind := query.text(request, "kind"):
        devices = devices.filter(kind=kind)
    search = query.text(request, "search")
    if len(search) > MAX_SEARCH:
        query.refuse("search", f"At most {MAX_SEARCH} characters.")
    return found(devices, search)


def _say_sides(answers: list[dict[str, Any]], now: datetime) -> None:
    """Each threshold with its `op`; where nobody knows it, null."""
    lines = [
        (one["id"], line)
        for answer in answers
        for one in answer["series"]
        for line in answer["thresholds"].get(one["metric"], ())
    ]
    means = kept_means([series for series, line in lines if "op" not in line], now)
    for series, line in lines:
        line["op"] = op_of(line, means.get(series))


def _series_of(devices: Sequence[Device], scope: Scope) -> dict[int, list[dict[str, Any]]]:
    """The first series of each device, by id of the device, without a query for each."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    of_these = Series.objects.visible_to(scope).filter(device__in=devices).order_by("id")
    for row in map(SeriesRow._make, of_these.values_list(*SeriesRow._fields)):
        if len(found[row.device_id]) < MAX_SERIES_PER_DEVICE:
            found[row.device_id].append(series_form(row))
    return found
