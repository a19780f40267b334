"""`series/{id}/corrections/` and `corrections/`: delete or replace readings, and undo it."""

from __future__ import annotations

import math
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import checked
from access.roles import Role
from access.scope import Scope
from devices import clock
from devices.api.strict import Strict
from devices.models import Device
from telemetry.api import parameters as query
from telemetry.api.history_view import HistoryView
from telemetry.api.moment import MomentField
from telemetry.api.shapes import exact_ms, ms
from telemetry.corrections import change, large
from telemetry.history.read_limit import limited
from telemetry.models import Correction, Series
from telemetry.moments import in_ms, to_us

TAGS = ["Readings"]
MAX_LISTED = 100  # corrections of one answer, the newest
MAX_TEXT = 1_024  # characters of a text, as of one that a device sends
MAX_EXACT = 2**53  # beyond it an integer is no float


class Undone(APIException):
    """It stands as it was; says why it cannot be undone."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "not_undone"


@extend_schema_field(
    {
        "type": "array",
        # OpenAPI 3.0 has no word for "first a number, then either".
        "items": {"oneOf": [{"type": "number"}, {"type": "string"}]},
        "minItems": 2,
        "maxItems": 2,
    }
)
class NewPointField(serializers.Field):
    """`[ms, value]`: to the microsecond, and exactly what would be stored."""

    def to_internal_value(self, data: Any) -> tuple[int, float | str]:
        if not isinstance(data, list) or len(data) != 2:
            raise ValidationError("Write [Unix milliseconds, value].")
        at, value = data
        if type(at) not in (int, float) or not 0 <= at <= query.MAX_MS:
            raise ValidationError("Write the time in Unix milliseconds.")
        us = round(at * 1_000)
        if isinstance(value, str):
            if not value or len(value) > MAX_TEXT or "\0" in value:
                raise ValidationError(f"A text has 1 to {MAX_TEXT} characters, and no NUL.")
            return us, value
        if type(value) not in (int, float, bool) or (abs(value) > MAX_EXACT and type(value) is int):
            raise ValidationError("A value is a number that a float holds, or a text.")
        if not math.isfinite(value):
            raise ValidationError("A value is a number that a float holds, or a text.")
        return us, float(value)

    def to_representation(self, value: tuple[int, float | str]) -> list[Any]:
        return [in_ms(value[0]), value[1]]


class NewCorrectionSerializer(Strict):
    action = serializers.ChoiceField(Correction.Action.choices)
    to = MomentField(help_text="End of the range, excluded; not later than now.")
    points = serializers.ListField(
        child=NewPointField(),
        max_length=change.MAX_POINTS,
        required=False,
        help_text="With `replace`: what the series then has in the range, and nothing else.",
    )
    reason = serializers.CharField(max_length=500, help_text="Why; it stands in the log.")

    def get_fields(self) -> dict[str, serializers.Field]:
        since = MomentField(help_text="Start of the range, included.")
        return {"from": since, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        if attrs["from"] >= attrs["to"]:
            raise ValidationError({"from": ["It must be earlier than `to`."]})
        replaces = attrs["action"] == Correction.Action.REPLACE
        points = attrs.get("points")
        if replaces == (points is None):
            said = "With `replace` there are points, with `delete` none."
            raise ValidationError({"points": [said]})
        found = dict(points or [])
        if len(found) < len(points or []):
            raise ValidationError({"points": ["Two have one time."]})
        return attrs | {"points": found}


class CorrectionShape(serializers.Serializer):
    id = serializers.IntegerField(allow_null=True, help_text="null: it was a dry run.")
    series = serializers.IntegerField()
    device = serializers.CharField(help_text="The uid of its device.")
    metric = serializers.CharField()
    action = serializers.ChoiceField(Correction.Action.choices)
    to = exact_ms()
    reason = serializers.CharField()
    by = serializers.CharField()
    at = exact_ms("Unix milliseconds: when it was made.")
    removed = serializers.IntegerField(help_text="Readings that went, or have another value.")
    written = serializers.IntegerField(help_text="Readings that came, or have another value.")
    undone = exact_ms("When it was undone; null: it stands.", allow_null=True)
    undone_by = serializers.CharField()
    undo_until = exact_ms("Until when it can be undone; null: it cannot.", allow_null=True)
    state = serializers.ChoiceField(
        Correction.State.choices, help_text="`running` and `undoing` of many readings."
    )
    done_until = exact_ms("How far one is that is being made.", allow_null=True)
    error = serializers.CharField(help_text="Why it ended before its end.")

    def get_fields(self) -> dict[str, serializers.Field]:
        return {**super().get_fields(), "from": exact_ms()}


class CorrectionsShape(serializers.Serializer):
    now = ms()
    corrections = CorrectionShape(many=True)


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
                return Response(_form(tried))
            make = large.begin if is_large else change.make
            made = make(wanted, given["action"], given["reason"], _who(request))
        except change.Refused as exc:
            raise ValidationError({exc.field: [str(exc)]}) from exc
        return Response(_form(made), status=202 if is_large else 201)


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
        return Response({"now": clock.now_ms(), "corrections": [_form(each) for each in listed]})


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
            return Response(_form(change.undo(correction, _who(request))))
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


def _form(correction: Correction) -> dict[str, Any]:
    until = change.undoable_until(correction)
    times = {
        "from": correction.starts_at,
        "to": correction.ends_at,
        "at": correction.made_at,
        "undone": correction.undone_at,
        "undo_until": until if correction.pk else None,
        "done_until": correction.done_until,
    }
    return {
        "id": correction.pk,
        "series": correction.series_id,
        "device": correction.series.device.uid,
        "metric": correction.series.metric,
        "action": correction.action,
        "reason": correction.reason,
        "by": correction.by_name,
        "removed": correction.removed,
        "written": correction.written,
        "undone_by": correction.undone_by,
        "state": correction.state,
        "error": correction.error,
        **{name: at and in_ms(to_us(at)) for name, at in times.items()},
    }
