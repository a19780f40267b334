"""REST: the inbox of devices that nobody has registered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import ForEverySite, checked
from access.scope import Scope
from bridge.adoption import candidates, guess, merge
from bridge.adoption import shapes as shape
from bridge.adoption.adopt import Taken, adopt
from bridge.adoption.candidates import of_no_device
from bridge.adoption.uids_api import named, note
from bridge.adoption.waiting import TURNED_AWAY
from bridge.decode.items import MEMORY_FULL
from bridge.decode.quantities import quantity_of
from bridge.models import Candidate, IgnoredMessages
from bridge.quarantine.api import replayed_of_new
from bridge.quarantine.selection import Selection
from devices import clock, signals
from devices.events import announce
from devices.models import Site
from telemetry.api import parameters as query
from telemetry.live import contract
from telemetry.moments import to_ms

MAX_SHOWN = 200  # candidates of one answer
MAX_EVENT_UIDS = 20  # named in one event
LATELY = timedelta(hours=1)  # how long it is told that there was no room


class InboxView(APIView):
    @extend_schema(
        operation_id="inbox",
        summary="List devices that wait to be adopted",
        description=f"Last heard first, at most {MAX_SHOWN}.",
        tags=["Inbox"],
        parameters=[
            query.described("convention", "Of this convention only."),
            query.described("search", "Whose uid, name, model or topic has this."),
            query.described("ignored", "1: those that are ignored for ever, instead."),
            query.described("limit", f"Devices of the answer: 0 to {MAX_SHOWN}.", int),
        ],
        responses=shape.InboxShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, {"convention", "search", "ignored", "limit"})
        limit = query.integer(request, "limit", MAX_SHOWN, least=0, most=MAX_SHOWN)
        asked = request.query_params
        visible = Candidate.objects.visible_to(Scope.of(request))
        rows = of_no_device(visible).filter(ignored=asked.get("ignored") == "1")
        counted = rows.values_list("convention").annotate(Count("id")).order_by("convention")
        conventions = dict(counted)
        if convention := asked.get("convention"):
            rows = rows.filter(convention=convention)
        if word := asked.get("search", "").replace("\0", ""):
            rows = rows.filter(
                Q(uid__icontains=word)
                | Q(topic__icontains=word)
                | Q(described__name__icontains=word)
                | Q(described__model__icontains=word)
            )
        newest = rows.order_by("-last_at", "uid")[:limit]
        return Response(
            {
                "now": clock.now_ms(),
                "total": rows.count(),
                "most": candidates.MAX_CANDIDATES,
                "turned_away": sum(_lately(request, TURNED_AWAY).values()),
                "memory_full": _lately(request, MEMORY_FULL),
                "conventions": conventions,
                "devices": [form(row) for row in newest],
            }
        )


def _lately(request: Request, reason: str) -> dict[str, int]:
    """Messages that were counted for this reason, by subject, where there were any lately."""
    visible = IgnoredMessages.objects.visible_to(Scope.of(request))
    lately = visible.filter(reason=reason, last_at__gte=clock.now() - LATELY).order_by("subject")
    return dict(lately.values_list("subject", "messages"))


class AdoptView(APIView):
    permission_classes = (ForEverySite,)

    @extend_schema(
        operation_id="inbox_adopt",
        summary="Adopt devices",
        description=(
            "Those named, or all of a convention and kind: each becomes a device with the name,"
            f" model and units it said, and what was kept of it is replayed. At most"
            f" {shape.MAX_ADOPTED} of one request; `more` says whether some are left."
        ),
        tags=["Inbox"],
        request=shape.AdoptSerializer,
        responses=shape.AdoptedShape,
    )
    def post(self, request: Request) -> Response:
        wanted = shape.AdoptSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = wanted.validated_data
        rows, more = _chosen(request, given)
        if given.get("name") and len(rows) > 1:
            raise ValidationError({"name": ["One name is for one device."]})
        site = _site(request, given)
        adopted, refused = [], []
        for row in rows:
            uid = row.uid
            try:
                with transaction.atomic():
                    device = adopt(row, name=given.get("name", ""), site=site)
                    signals.tell("registered", [device], request.user)
            except Taken:
                refused.append({"uid": uid, "detail": "A device of this uid is registered."})
                continue
            adopted.append(uid)
        _tell("adopted", adopted)
        # One for all: each reads every rule, remembered fact and device anew.
        replay = _replayed(request, adopted)
        return Response({"adopted": adopted, "refused": refused, "more": more, "replay": replay})


class IgnoreView(APIView):
    permission_classes = (ForEverySite,)

    @extend_schema(
        operation_id="inbox_ignore",
        summary="Ignore devices for ever, or no more",
        description="Their messages are counted and nothing else. `ignored: false` takes it back.",
        tags=["Inbox"],
        request=shape.IgnoreSerializer,
        responses=shape.IgnoredShape,
    )
    def post(self, request: Request) -> Response:
        wanted = shape.IgnoreSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        ignored = wanted.validated_data["ignored"]
        rows, more = _chosen(request, wanted.validated_data, ignored=not ignored)
        visible = Candidate.objects.visible_to(Scope.of(request))
        visible.filter(pk__in=[row.pk for row in rows]).update(ignored=ignored)
        uids = [row.uid for row in rows]
        _tell("ignored" if ignored else "waiting", uids)
        return Response({"uids": uids, "more": more})


class TakeInView(APIView):
    @extend_schema(
        operation_id="inbox_merge",
        summary="Say that a waiting device is a registered one",
        description="Its uid means that device from now on, and what was kept of it is replayed.",
        tags=["Inbox"],
        request=shape.TakeInSerializer,
        responses=shape.TakenInShape,
    )
    def post(self, request: Request, uid: str) -> Response:
        visible = Candidate.objects.visible_to(Scope.seen_by(request))
        row = checked(request, get_object_or_404(visible, uid=uid))
        device = named(request, shape.TakeInSerializer, "device")
        with transaction.atomic():
            merge.take_in(device, row)
            note(request, device, "also known as", uid)
        _tell("merged", [uid])
        return Response({"device": device.uid, "replay": _replayed(request, [uid])})


def form(row: Candidate) -> dict[str, Any]:
    """A candidate as it is shown."""
    return {
        "uid": row.uid,
        "convention": row.convention,
        "topic": row.topic,
        "gateway": row.gateway,
        "first_seen": to_ms(row.first_at),
        "last_seen": to_ms(row.last_at),
        "messages": row.messages,
        "kept": row.kept,
        "kind": guess.kind_of(row.metrics),
        "described": row.described,
        "aliases": row.aliases,
        "online": row.online,
        "ignored": row.ignored,
        "reason": row.reason,
        "sample": row.sample,
        "metrics": [
            {
                "metric": metric,
                "value": about.get("value"),
                "unit": about.get("unit", ""),
                "label": about.get("label", ""),
                "quantity": about.get("quantity") or quantity_of(metric, about.get("unit", "")),
            }
            for metric, about in sorted(row.metrics.items())
        ],
    }


def _chosen(
    request: Request, given: dict[str, Any], *, ignored: bool = False
) -> tuple[list[Candidate], bool]:
    """Who is meant, oldest first, and whether there are more."""
    rows = Candidate.objects.visible_to(Scope.of(request)).order_by("first_at", "id")
    if "uids" in given:
        return list(rows.filter(uid__in=given["uids"])), False
    found = list(of_no_device(rows.filter(ignored=ignored, convention=given["convention"])))
    if "kind" in given:
        found = [row for row in found if guess.kind_of(row.metrics) == given["kind"]]
    return found[: shape.MAX_ADOPTED], len(found) > shape.MAX_ADOPTED


def _site(request: Request, given: dict[str, Any]) -> Site | None:
    if not (slug := given.get("site")):
        return None
    found = Site.objects.visible_to(Scope.seen_by(request)).filter(slug=slug).first()
    if found is None:
        raise ValidationError({"site": ["No site has this slug."]})
    return checked(request, found)


def _replayed(request: Request, uids: list[str]) -> dict[str, Any]:
    selection = Selection(uids=uids, scope=Scope.of(request))
    return replayed_of_new(selection, request.user)


def _tell(change: str, uids: list[str]) -> None:
    if uids:
        announce(contract.event("inbox", change=change, uids=uids[:MAX_EVENT_UIDS]))
