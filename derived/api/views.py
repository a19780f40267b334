"""REST: derived series, trying a formula out, and what lies before them."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import checked
from access.scope import Scope
from derived import change, checking, form, preview
from derived.api.serializers import (
    BackfillSerializer,
    DerivedChangeSerializer,
    DerivedPreviewSerializer,
    NewDerivedSerializer,
)
from derived.api.shapes import DerivedListShape, DerivedPreviewShape, DerivedShape
from derived.models import DerivedSeries
from devices import clock
from devices.models import Device
from shiftlog.models import Kind
from shiftlog.record import record_change
from telemetry.api import parameters as query
from telemetry.history.read_limit import TooSlow
from telemetry.models import Series
from telemetry.series.said import say

TAGS = ["Derived series"]


class DerivedListView(APIView):
    @extend_schema(
        operation_id="derived_list",
        summary="List derived series",
        tags=TAGS,
        responses=DerivedListShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, ())
        scope = Scope.seen_by(request)
        found = form.forms(form.visible(scope), scope)
        return Response({"now": clock.now_ms(), "derived": found})

    @extend_schema(
        operation_id="derived_create",
        summary="Derive a series",
        description="It has results of the last hour at once, and of earlier ones from"
        " `backfill_from` on.",
        tags=TAGS,
        request=NewDerivedSerializer,
        responses={201: DerivedShape},
    )
    def post(self, request: Request) -> Response:
        given = _given(NewDerivedSerializer, request)
        scope = Scope.seen_by(request)
        device = Device.objects.visible_to(scope).filter(uid=given["device"]).first()
        if device is None:
            raise ValidationError({"device": ["No such device."]})
        checked(request, device)
        facts = {name: given[name] for name in ("unit", "label") if given.get(name)}
        sources = _sources(scope, given["inputs"])
        try:
            derived = change.create(
                device,
                given["metric"],
                facts,
                checking.checked(given["formula"], given.get("at", ""), sources),
                sources,
                by=request.user if request.user.pk else None,
                backfill_from=given.get("backfill_from"),
            )
        except checking.Refused as exc:
            raise _refusal(exc) from exc
        # Not in a transaction around both: the reader of commits must be there before the series.
        _note(request, derived, None, _meaning(derived))
        return Response(_one(scope, derived.pk), status=201)


class DerivedView(APIView):
    @extend_schema(
        operation_id="derived_get",
        summary="One derived series",
        tags=TAGS,
        responses=DerivedShape,
    )
    def get(self, request: Request, derived_id: int) -> Response:
        query.known(request, ())
        return Response(_one(Scope.seen_by(request), derived_id))

    @extend_schema(
        operation_id="derived_change",
        summary="Change a derived series",
        description="With another formula or other inputs it is computed anew.",
        tags=TAGS,
        request=DerivedChangeSerializer,
        responses=DerivedShape,
    )
    @transaction.atomic
    def patch(self, request: Request, derived_id: int) -> Response:
        change.take_turn()
        scope = Scope.seen_by(request)
        derived = checked(request, _found(scope, derived_id))
        given = _given(DerivedChangeSerializer, request, partial=True)
        before = _meaning(derived)
        if given.keys() & {"formula", "inputs", "at"}:
            _redefine(scope, derived, given)
        if "enabled" in given:
            change.switch(derived, enabled=given["enabled"])
        _note(request, derived, before, _meaning(_found(scope, derived_id)))
        return Response(_one(scope, derived_id))

    @extend_schema(
        operation_id="derived_delete",
        summary="Delete a derived series, and what it holds",
        tags=TAGS,
        responses={204: None},
    )
    @transaction.atomic
    def delete(self, request: Request, derived_id: int) -> Response:
        change.take_turn()
        derived = checked(request, _found(Scope.seen_by(request), derived_id))
        _note(request, derived, _meaning(derived), None)
        change.remove(derived)
        return Response(status=204)


class PreviewView(APIView):
    changes_nothing = True

    @extend_schema(
        operation_id="derived_preview",
        summary="Try a formula out on the last hours",
        description=f"Nothing is stored. At most the newest {preview.MAX_POINTS} results.",
        tags=TAGS,
        request=DerivedPreviewSerializer,
        responses=DerivedPreviewShape,
    )
    def post(self, request: Request) -> Response:
        given = _given(DerivedPreviewSerializer, request)
        sources = _sources(Scope.seen_by(request), given["inputs"])
        try:
            tried = preview.of(given["formula"], given.get("at", ""), sources, given["hours"])
        except TooSlow as exc:
            raise ValidationError({"hours": [str(exc)]}) from exc
        return Response(tried)


class BackfillView(APIView):
    @extend_schema(
        operation_id="derived_backfill",
        summary="Have earlier results computed",
        description="In place of what was asked for before, from the newest to the oldest.",
        tags=TAGS,
        request=BackfillSerializer,
        responses=DerivedShape,
    )
    @transaction.atomic
    def post(self, request: Request, derived_id: int) -> Response:
        change.take_turn()
        scope = Scope.seen_by(request)
        derived = checked(request, _found(scope, derived_id))
        given = _given(BackfillSerializer, request)
        if given["from"] >= (given.get("to") or clock.now()):
            raise ValidationError({"from": ["It must be earlier than `to`, and than now."]})
        change.ask_backfill(derived, given["from"], given.get("to"))
        return Response(_one(scope, derived_id))

    @extend_schema(
        operation_id="derived_backfill_cancel",
        summary="Cancel it; what it has computed stays",
        tags=TAGS,
        responses={204: None},
    )
    def delete(self, request: Request, derived_id: int) -> Response:
        change.cancel_backfill(checked(request, _found(Scope.seen_by(request), derived_id)))
        return Response(status=204)


def _meaning(derived: DerivedSeries) -> dict[str, Any]:
    return {"formula": derived.formula, "at": derived.at, "enabled": derived.enabled}


def _note(request: Request, derived: DerivedSeries, before: Any, after: Any) -> None:
    """In the log, where its device stands."""
    series = derived.series
    device = series.device.name
    thing = say("The derived series {metric} of {device}", metric=series.metric, device=device)
    record_change(
        Kind.DERIVED_CHANGED, thing, before, after, by=request.user, site_id=series.device.site_id
    )


def _given(kind: type[Any], request: Request, *, partial: bool = False) -> dict[str, Any]:
    read = kind(data=request.data, partial=partial)
    read.is_valid(raise_exception=True)
    unknown = sorted(set(request.data) - set(read.fields))
    if unknown:
        raise ValidationError({name: ["There is no such field."] for name in unknown})
    return dict(read.validated_data)


def _found(scope: Scope, derived_id: int) -> DerivedSeries:
    found: DerivedSeries = get_object_or_404(form.visible(scope), pk=derived_id)
    return found


def _one(scope: Scope, derived_id: int) -> dict[str, Any]:
    return form.forms([_found(scope, derived_id)], scope)[0]


def _sources(scope: Scope, inputs: list[dict[str, Any]]) -> dict[str, checking.Source]:
    series = Series.objects.visible_to(scope).select_related("device")
    found = series.in_bulk([each["series"] for each in inputs])
    missing = [each["name"] for each in inputs if each["series"] not in found]
    if missing:
        raise ValidationError({"inputs": [f"No such series: {', '.join(missing)}."]})
    return {
        each["name"]: checking.Source(found[each["series"]], each.get("hold")) for each in inputs
    }


def _redefine(scope: Scope, derived: DerivedSeries, given: dict[str, Any]) -> None:
    """Without `inputs` those that are there stay, which the asker has to see."""
    kept = [
        {"name": each.name, "series": each.series_id or 0, "hold": each.hold}
        for each in derived.inputs.all()
    ]
    sources = _sources(scope, given.get("inputs", kept))
    formula, at = given.get("formula", derived.formula), given.get("at", derived.at)
    try:
        wanted = checking.checked(formula, at if at in sources else "", sources)
        change.redefine(derived, wanted, sources)
    except checking.Refused as exc:
        raise _refusal(exc) from exc


def _refusal(refused: checking.Refused) -> ValidationError:
    return ValidationError({field: [said] for field, said in refused.errors.items()})
