"""`GET /api/plugins/telemetry/DEVICE/{uid}/values/timeseries`: readings as ThingsBoard gives them,
for programs written for it. The id of a device is its uid; the token is one of our API tokens."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import numpy as np
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from access.scope import Scope
from devices import clock
from devices.api.authentication import ApiTokenAuthentication, ApiTokenScheme
from devices.models import Device
from telemetry.api import parameters as query
from telemetry.api.history_view import HistoryView
from telemetry.history import blocks, columns, grid, instants, reader
from telemetry.history.read_limit import limited
from telemetry.history.refusal import CannotAnswer
from telemetry.history.resample import resample
from telemetry.models import Series
from telemetry.moments import to_ms

LIMIT, MAX_LIMIT = 100, 50_000  # readings of one key
AGGREGATES = {"AVG": "mean", "MIN": "min", "MAX": "max", "SUM": "sum", "COUNT": "count"}
PARAMETERS = {
    "keys", "startTs", "endTs", "interval", "agg", "limit", "orderBy", "useStrictDataTypes",
    "intervalType",
}  # fmt: skip

Value = float | str | None


class ThingsBoardToken(ApiTokenAuthentication):
    """`X-Authorization: Bearer pb_…`, or `Authorization`."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        given = request.META.get("HTTP_X_AUTHORIZATION")
        if given is None:
            return super().authenticate(request)
        return self.authenticate_header_value(given.encode("latin-1", "replace"))


class ThingsBoardScheme(ApiTokenScheme):
    target_class = ThingsBoardToken
    name = "thingsBoardToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:  # noqa: ARG002
        return {"type": "apiKey", "in": "header", "name": "X-Authorization"}


class ThingsBoardView(HistoryView):
    authentication_classes = (ThingsBoardToken, SessionAuthentication)

    @extend_schema(
        operation_id="thingsboard_timeseries",
        tags=["Readings"],
        summary="Readings as ThingsBoard gives them",
        description="As its clients ask for a device's time series, with `X-Authorization`.",
        parameters=[
            query.described("keys", "Metrics, with commas; absent: all."),
            query.described("startTs", "Unix milliseconds; without it and `endTs`: the newest."),
            query.described("endTs", "Unix milliseconds, excluded."),
            query.described("interval", "Milliseconds of a bucket; 0: the readings.", int),
            query.described("agg", "`NONE`, `AVG`, `MIN`, `MAX`, `SUM` or `COUNT`."),
            query.described("limit", f"Readings of a key, 1 to {MAX_LIMIT}.", int),
            query.described("orderBy", "`DESC` or `ASC`."),
            query.described("useStrictDataTypes", "`true`: numbers are numbers, not texts."),
            query.described("intervalType", "`MILLISECONDS`, the only one."),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, uid: str) -> Response:
        query.known(request, PARAMETERS)
        query.one_of(request, "intervalType", ("MILLISECONDS",))
        scope = Scope.of(request)
        device = get_object_or_404(Device.objects.visible_to(scope), uid=uid)
        keys = query.words(request, "keys")
        series = [
            each
            for each in Series.objects.visible_to(scope).filter(device=device).order_by("metric")
            if not keys or each.metric in keys
        ]
        if len(series) > reader.MAX_SERIES:
            query.refuse("keys", f"Ask for at most {reader.MAX_SERIES}.")
        start, stop = (query.milliseconds(request, name) for name in ("startTs", "endTs"))
        if start is None and stop is None:
            found = _newest(scope, series, keys)
        elif start is None or stop is None or start >= stop:
            query.refuse("startTs", "Give `startTs` and a later `endTs`, or neither.")
        else:
            found = _within(request, series, round(start * 1_000), round(stop * 1_000))
        strict = query.one_of(request, "useStrictDataTypes", ("true", "false")) == "true"
        return Response(
            {
                key: [{"ts": ms, "value": each if strict else _text(each)} for ms, each in values]
                for key, values in found.items()
            }
        )


def _newest(
    scope: Scope, series: Sequence[Series], keys: list[str]
) -> dict[str, list[tuple[int, Value]]]:
    """Of a key that has none: null, now."""
    now = clock.now()
    recent = reader.recent(scope, [each.pk for each in series], now=now)
    found: dict[str, list[tuple[int, Value]]] = {key: [(to_ms(now), None)] for key in keys}
    for each in series:
        if each.pk in recent:
            ms, value = recent[each.pk].point
            found[each.metric] = [(int(ms), value)]
    return found


def _within(
    request: Request, series: Sequence[Series], start_us: int, stop_us: int
) -> dict[str, list[tuple[int, Value]]]:
    interval = query.integer(request, "interval", 0, least=0, most=reader.MAX_SPAN)
    order = query.one_of(request, "orderBy", ("ASC", "DESC"))
    limit = query.integer(request, "limit", LIMIT, least=1, most=MAX_LIMIT)
    aggregate = query.one_of(request, "agg", ("NONE", *AGGREGATES)) or "NONE"
    if aggregate == "NONE" or not interval:  # as ThingsBoard takes it
        descending = order != "ASC"
        read = {each.metric: _raw(each, start_us, stop_us, limit, descending) for each in series}
        return {key: values for key, values in read.items() if values}
    if (stop_us - start_us) // (interval * 1_000) >= grid.MAX_BUCKETS:  # before they are made
        query.refuse("interval", f"The window has more than {grid.MAX_BUCKETS} of it.")
    edges = np.append(np.arange(start_us, stop_us, interval * 1_000), stop_us)
    try:
        answer = resample(series, [AGGREGATES[aggregate]], edges, "none", now=clock.now())
    except CannotAnswer as exc:
        query.refuse(exc.parameter, str(exc))
    middles = ((edges[:-1] + edges[1:]) // 2_000).tolist()
    found: dict[str, list[tuple[int, Value]]] = {}
    for each in series:
        of = answer.of[each.pk]
        values = of.values[AGGREGATES[aggregate]].tolist()
        shown = [
            pair
            for pair, is_shown in zip(zip(middles, values, strict=True), of.shown, strict=True)
            if is_shown
        ]
        if shown:
            found[each.metric] = shown[::-1] if order == "DESC" else shown
    return found


def _raw(
    series: Series, start_us: int, stop_us: int, limit: int, descending: bool
) -> list[tuple[int, Value]]:
    with limited():
        rows: list[tuple[int, Value]] = list(_numbers(series, start_us, stop_us, limit, descending))
        if series.texts_since is not None:
            rows += _texts(series, start_us, stop_us, limit, descending)
    rows.sort(key=lambda row: row[0], reverse=descending)
    return [(us // 1_000, value) for us, value in rows[:limit]]


def _numbers(
    series: Series, start_us: int, stop_us: int, limit: int, newest: bool
) -> Iterable[tuple[int, float]]:
    if newest:
        found = instants.newest(series.pk, start_us, stop_us - 1, limit)
        if not len(found):
            return []
        times, values = columns.numbers(series.pk, int(found[0]), stop_us)
    else:
        block = next(blocks.read([series.pk], start_us, stop_us, rows=limit), None)
        if block is None:
            return []
        times, values = block.times_us, block.values
    return zip(times.tolist(), values.tolist(), strict=True)


def _texts(
    series: Series, start_us: int, stop_us: int, limit: int, newest: bool
) -> Iterable[tuple[int, str]]:
    rows = (
        row
        for block in blocks.texts([series.pk], start_us, stop_us)
        for row in zip(block.times_us.tolist(), block.values, strict=True)
    )
    return deque(rows, maxlen=limit) if newest else islice(rows, limit)


def _text(value: Value) -> str | None:
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return None if value is None else str(value)
