"""`series/{id}/corrections/` and `corrections/`: delete or replace readings, and undo it."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import checked
from access.roles import Role
from access.scope import Scope
from devices import clock
from devices.models import Device
from telemetry.api import parameters as query
from telemetry.api.correction_form import (
    CorrectionShape,
    CorrectionsShape,
    NewCorrectionSerializer,
    form_of,
)
from telemetry.api.history_view import HistoryView
from telemetry.correction import Correction
from telemetry.corrections import change, large
from telemetry.history.read_limit import limited
from telemetry.models import Series

TAGS = ["Readings"]
MAX_LISTED = 100  # corrections of one answer, the newest


class Undone(APIException):
    """It stands as it was; says why it cannot be undone."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "not_undone"


class SeriesCorrectionsView(HistoryView):
    """Corrections of one series."""

    has_dry_run = True
    has_history = True
    change_needs = Role.OPERATOR

    @extend_schema(
        operation_id="corrections_create",
        summary="Delete or replace readings",
        description=f"Readings of a range: up to {change.MAX_READINGS} at once; more, up to"
        f" {large.MAX_READINGS}, part by part by `maintain` (202, `state`). From the first moment"
        " on the range is closed: what a device sends into it goes into quarantine (`corrected`)."
        " Charts, summaries and derived series follow; no alert is raised. Undo it within"
        f" {change.UNDO_FOR.days} days. Of many readings a dry run says about how many.",
        tags=TAGS,
        parameters=[query.described("dry_run", "1: say what it would change, and change nothing.")],
        request=NewCorrectionSerializer,
        responses={200: CorrectionShape, 201: CorrectionShape, 202: CorrectionShape},
    )
    def post(self, request: Request, series_id: int) -> Response:
        query.known(request, {"dry_run"})
        is_dry = query.one_of(request, "dry_run", ("0", "1")) == "1"
        visible = Series.objects.visible_to(Scope.seen_by(request)).select_related("device")
        series = checked(request, get_object_or_404(visible, pk=series_id))
        asked = NewCorrectionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        wanted = change.Wanted(series, given["from"], given["to"], given["points"])
        try:
            with limited():
                is_large = large.is_needed(wanted)
            if is_dry:
                counts = _counts(wanted, is_large=is_large)
                tried = Correction(
                    series=series, action=given["action"], reason=given["reason"],
                    starts_at=given["from"], ends_at=given["to"], made_at=clock.now(),
                    removed=counts[0], written=counts[1],
                    by_name=request.user.get_username(),
                )  # fmt: skip
                return Response(form_of(tried))
            make = large.begin if is_large else change.make
            made = make(wanted, given["action"], given["reason"], _who(request))
        except change.Refused as exc:
            raise ValidationError({exc.field: [str(exc)]}) from exc
        return Response(form_of(made), status=202 if is_large else 201)


class CorrectionsView(APIView):
    """Corrections, the newest first."""

    @extend_schema(
        operation_id="corrections",
        summary="List corrections",
        description=f"The newest {MAX_LISTED}.",
        tags=TAGS,
        parameters=[
            query.described("series", "Only of the series with this id.", int),
            query.described("device", "Only of the device with this uid."),
            query.described("before", "Only those with a lower id.", int),
        ],
        responses=CorrectionsShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, {"series", "device", "before"})
        scope = Scope.of(request)
        found = Correction.objects.visible_to(scope).filter(whole=None)
        found = found.select_related("series__device")
        if series := query.row_id(request, "series"):
            found = found.filter(series=series)
        if uid := query.text(request, "device"):
            device = Device.objects.visible_to(scope).filter(uid=uid).first()
            if device is None:
                query.refuse("device", "No such device.")
            found = found.filter(series__device=device)
        if before := query.row_id(request, "before"):
            found = found.filter(pk__lt=before)
        listed = found.defer("removed_readings", "written_readings").order_by("-id")[:MAX_LISTED]
        return Response({"now": clock.now_ms(), "corrections": [form_of(each) for each in listed]})


class UndoView(APIView):
    """One correction, undone."""

    has_history = True
    change_needs = Role.OPERATOR

    @extend_schema(
        operation_id="corrections_undo",
        summary="Undo a correction",
        description="The series has what it had before, and its range is open again. Twice is as"
        " once. 409 where a later correction of the same time stands, or it is too late.",
        tags=TAGS,
        request=None,
        responses=CorrectionShape,
    )
    def post(self, request: Request, correction_id: int) -> Response:
        query.known(request, ())
        visible = Correction.objects.visible_to(Scope.seen_by(request)).filter(whole=None)
        correction = checked(request, get_object_or_404(visible, pk=correction_id))
        try:
            return Response(form_of(change.undo(correction, _who(request))))
        except change.Refused as exc:
            raise Undone(str(exc)) from exc


def _counts(wanted: change.Wanted, *, is_large: bool) -> tuple[int, int]:
    """What it removes and writes; of many readings about."""
    if is_large:
        return large.estimate(wanted), len(wanted.points)
    found = change.effect(wanted)
    return len(found.removed), len(found.written)


def _who(request: Request) -> Any:
    return request.user if request.user.pk else None
