"""What is a reader's own of the log: what is unread, who else is here, and what happened since."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import redis
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access import granting
from access.scope import Scope
from devices import clock
from devices.api.errors import RedisAway
from devices.api.fields import PreloadedSlugField
from devices.api.strict import Strict
from devices.events import announce
from devices.models import Device, Site
from shiftlog import handing_over, here, unread
from shiftlog.api.asking import site_named
from shiftlog.api.entries import person
from shiftlog.api.entry_forms import EntryRelated
from shiftlog.api.shapes import HereShape, ShiftShape, UnreadShape
from shiftlog.models import Entry
from shiftlog.numbering import catch_up
from telemetry.api import parameters as query
from telemetry.live import contract
from telemetry.moments import from_ms, to_ms

SHIFT = timedelta(hours=8)  # what happened since, for who never logged in: a program


class LogReadSerializer(Strict):
    read_to = EntryRelated(
        queryset=Entry.objects.none(),
        help_text="The entry with the greatest place of those that were read.",
    )
    site = PreloadedSlugField(
        Site, slug_field="slug", allow_null=True, required=False,
        help_text="Only of this site; null: only of what stands at none.",
    )  # fmt: skip
    device = PreloadedSlugField(
        Device, slug_field="uid", required=False, help_text="Only of this device."
    )
    thread = EntryRelated(
        queryset=Entry.objects.none(), required=False, help_text="Only of this thread."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        if len(attrs) > 2:
            raise ValidationError({"read_to": ["Of a site, a device or a thread, or of all."]})
        return attrs


class UnreadView(APIView):
    changes_nothing = True  # a mark of one's own

    @extend_schema(
        operation_id="log_unread",
        summary="What others wrote and you have not read",
        tags=["Log"],
        responses=UnreadShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, ())
        return _unread(request)

    @extend_schema(
        operation_id="log_read",
        summary="Say how far you have read",
        description="Of all, or of one site, device or thread. It never goes back.",
        tags=["Log"],
        request=LogReadSerializer,
        responses=UnreadShape,
    )
    def post(self, request: Request) -> Response:
        catch_up()  # what was read has a place then
        given = LogReadSerializer(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        read = given.validated_data
        reader = person(request)
        if unread.mark(reader, _stream(read), read["read_to"].place):
            announce(contract.event("log_read", to=reader.get_username()))
        return _unread(request)


class HereView(APIView):
    @extend_schema(
        operation_id="log_here",
        summary="Who has a page open now",
        description="Accounts that see something of what you see.",
        tags=["Log"],
        responses=HereShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, ())
        try:
            found = here.people()
        except redis.RedisError as exc:
            raise RedisAway from exc
        there = granting.holders(Scope.of(request).sites).filter(username__in=found)
        seen = {*there.values_list("username", flat=True), request.user.get_username()}
        people = [{"name": name, "since": found[name]} for name in found if name in seen]
        return Response({"now": clock.now_ms(), "people": people})


class SinceView(APIView):
    @extend_schema(
        operation_id="log_since",
        summary="Hand over: what happened since you came",
        tags=["Log"],
        parameters=[
            query.described("from", "Since then: Unix ms or ISO 8601; without it, your log-in."),
            query.described("site", "A site's slug."),
            query.described("zone", "Of the times in `text`, as Europe/Berlin; without it, UTC."),
        ],
        responses=ShiftShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, {"from", "site", "zone"})
        scope, reader = Scope.of(request), person(request)
        ms = query.milliseconds(request, "from")
        came = reader.last_login or clock.now() - SHIFT
        start = came if ms is None else from_ms(ms)
        site = site_named(request, scope)
        found = handing_over.since(scope, reader.pk, start, site, _zone(request))
        return Response(
            {
                "now": clock.now_ms(),
                "from": to_ms(found.start),
                "to": to_ms(found.stop),
                "counts": found.counts,
                "people": found.people,
                "entries": found.entries,
                "more": found.more,
                "text": found.text,
            }
        )


def _unread(request: Request) -> Response:
    found = unread.unread(person(request), Scope.of(request))
    return Response({"now": clock.now_ms(), **asdict(found)})


def _stream(read: dict[str, Any]) -> str:
    if "site" in read:
        return unread.site_stream(read["site"].pk if read["site"] is not None else None)
    if "device" in read:
        return unread.device_stream(read["device"].pk)
    if "thread" in read:
        return unread.thread_stream(read["thread"].pk)
    return unread.EVERYTHING


def _zone(request: Request) -> ZoneInfo:
    name = query.text(request, "zone") or "UTC"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        query.refuse("zone", "Write a time zone as Europe/Berlin.")
