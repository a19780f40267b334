"""Every reading as it is: pages that a cursor goes through, or all of them as a file."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any, NamedTuple, NoReturn

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
from telemetry.history import blocks, raw_table
from telemetry.history.raw_table import Place, Rows
from telemetry.models import Series
from telemetry.moments import in_ms, to_ms, to_us
from telemetry.series.form import series_form
from telemetry.storage import kept

MAX_SERIES = 5000  # series of one answer: they are read one after another
DEFAULT_LIMIT, MAX_LIMIT = 10_000, 100_000  # readings of a page

PARAMETERS = [
    query.whole(
        "limit",
        "With interval=raw: readings of a page. A file without it has all.",
        least=1,
        most=MAX_LIMIT,
        default=DEFAULT_LIMIT,
    ),
    query.described("cursor", "With interval=raw: where a page begins; `next` has it."),
]


class Cursor(NamedTuple):
    """The place a page ended at, and the window of the first one: a relative one stays itself."""

    place: Place
    start_us: int
    stop_us: int

    def written(self) -> str:
        text = ".".join(str(int(each)) for each in (*self.place, self.start_us, self.stop_us))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def answer(request: Request, shape: str, span: int) -> HttpResponseBase:
    if shape == "wide":
        query.refuse("shape", "Raw readings come long, or as lists by series: no two share a time.")
    scope = Scope.of(request)
    series = selection.selected(request, scope, MAX_SERIES)
    as_of, zone = clock.now(), query.zone(request)
    now = to_ms(as_of)
    start, stop = window(request, now, span, zone)
    start_us, stop_us = round(start * 1000), round(stop * 1000)
    is_file = wanted(request) != "json"
    if not is_file:
        series.sort(key=lambda one: one.pk)  # an order that stays when a device is renamed
    cursor = _cursor(request)
    if cursor is not None:
        _, start_us, stop_us = cursor
    limit: int | None = query.integer(request, "limit", DEFAULT_LIMIT, least=1, most=MAX_LIMIT)
    if is_file and not query.text(request, "limit"):
        limit = None
    about: dict[str, Any] = {
        "now": now, "from": in_ms(start_us), "to": in_ms(stop_us), "tz": zone.key,
        "read": {"from": "readings", "complete_from": _complete_from(series, start_us, as_of)},
        "next": None,
    }  # fmt: skip

    def on_more(last: Place) -> None:
        about["next"] = _address(request, Cursor(last, start_us, stop_us))

    rows = raw_table.rows(
        series,
        start_us,
        stop_us,
        after=None if cursor is None else cursor.place,
        limit=limit,
        on_more=on_more,
    )
    if shape == "series":
        lists = _lists(series, rows)
        return Response(about | {"series": lists})
    sites = [one.device.site.slug for one in series if one.device.site]
    devices, metrics = [one.device.uid for one in series], [one.metric for one in series]
    name = file_name(sites, devices, metrics, start_us, stop_us, zone)
    return streamed(request, raw_table.long_form(series, rows, about), name, zone)


def _complete_from(series: list[Series], start_us: int, now: datetime) -> int | None:
    """Where readings may be gone by retention: from when on there are all, in Unix ms."""
    since = kept.all_of([one.pk for one in series], now).raw
    return to_ms(since) if start_us < to_us(since) else None


def _lists(series: list[Series], rows: Any) -> list[dict[str, Any]]:
    points: dict[int, list[list[Any]]] = {one.pk: [] for one in series}
    block: Rows
    for block in rows:
        is_text = isinstance(block, blocks.TextBlock)
        values = block.values if is_text else block.values.tolist()  # type: ignore[union-attr]
        for series_id, us, value in zip(
            block.series_ids.tolist(), block.times_us.tolist(), values, strict=True
        ):
            points[series_id].append([in_ms(us), value])
    return [
        series_form(one) | {"device": one.device.uid, "points": points[one.pk]} for one in series
    ]


def _cursor(request: Request) -> Cursor | None:
    written = query.text(request, "cursor")
    if not written:
        return None
    try:
        text = base64.urlsafe_b64decode(written + "=" * (-len(written) % 4)).decode("ascii")
        is_text, series_id, us, start_us, stop_us = map(int, text.split("."))
    except (ValueError, binascii.Error):
        _refuse_cursor()
    most_us = query.MAX_MS * 1000
    if not (is_text in (0, 1) and 0 < series_id < 2**31 and 0 <= start_us <= us < stop_us):
        _refuse_cursor()
    if stop_us > most_us:
        _refuse_cursor()
    return Cursor(Place(bool(is_text), series_id, us), start_us, stop_us)


def _refuse_cursor() -> NoReturn:
    query.refuse("cursor", "It is none that a page gave as `next`.")


def _address(request: Request, cursor: Cursor) -> str:
    asked = request.query_params.copy()
    asked["cursor"] = cursor.written()
    return str(request.build_absolute_uri(f"{request.path}?{asked.urlencode()}"))
