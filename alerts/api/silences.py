"""`silences/`: times in which nobody is told, and what each holds back now.

A silence says how far it reaches by a site or a device; without either it is for everywhere, and
for who sees every site.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, IntegerField, Q, QuerySet, When
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import Needs, checked, for_change
from access.roles import Role
from access.scope import Scope
from alerts import standing
from alerts.api.silence_form import SilenceSerializer
from alerts.events import announce_silences
from alerts.models import Alert, Silence
from devices import clock
from shiftlog.models import Kind
from shiftlog.record import record_change
from telemetry.api import parameters as query
from telemetry.moments import to_ms
from telemetry.series.said import say

MAX_SILENCES = 200  # of one answer: those that hold or will, then the newest that are over
KEPT = timedelta(days=30)  # how long one that is over is listed


class SilencesShape(serializers.Serializer):
    now = serializers.IntegerField(help_text="Unix milliseconds.")
    silences = SilenceSerializer(many=True)


class SilencesView(APIView):
    change_needs = Role.OPERATOR

    @extend_schema(
        operation_id="silences_list",
        summary="List silences",
        description=f"Those that hold or will, and those that ended within {KEPT.days} days.",
        tags=["Alerts"],
        responses=SilencesShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, ())
        now = clock.now()
        kept = _visible(request).filter(Q(ends_at=None) | Q(ends_at__gt=now - KEPT))
        over = Case(When(ends_at__lte=now, then=1), default=0, output_field=IntegerField())
        shown = kept.order_by(over, "-starts_at", "-pk")
        shaped = SilenceSerializer(shown[:MAX_SILENCES], many=True, context=_context(request, now))
        return Response({"now": to_ms(now), "silences": shaped.data})

    @extend_schema(
        operation_id="silences_create",
        summary="Silence a site, a device or a rule",
        tags=["Alerts"],
        request=SilenceSerializer,
        responses={201: SilenceSerializer},
    )
    def post(self, request: Request) -> Response:
        context = _context(request, clock.now())
        new = SilenceSerializer(data=request.data, context=context)
        new.is_valid(raise_exception=True)
        _may_reach(request, new.validated_data)
        by = request.user if request.user.is_authenticated else None
        with transaction.atomic():
            silence = new.save(created_by=by)
            _note(request, silence, None, _form(silence))
            announce_silences(silence)
        return Response(SilenceSerializer(silence, context=context).data, status=201)


class SilenceView(APIView):
    change_needs = Role.OPERATOR

    @extend_schema(
        operation_id="silences_get", summary="One silence", tags=["Alerts"],
        responses=SilenceSerializer,
    )  # fmt: skip
    def get(self, request: Request, silence_id: int) -> Response:
        query.known(request, ())
        silence = _silence(request, silence_id)
        return Response(SilenceSerializer(silence, context=_context(request, clock.now())).data)

    @extend_schema(
        operation_id="silences_change", summary="Change a silence", tags=["Alerts"],
        request=SilenceSerializer, responses=SilenceSerializer,
    )  # fmt: skip
    @transaction.atomic
    def patch(self, request: Request, silence_id: int) -> Response:
        silence = _silence(request, silence_id)
        context = _context(request, clock.now())
        changed = SilenceSerializer(silence, data=request.data, partial=True, context=context)
        changed.is_valid(raise_exception=True)
        _may_reach(
            request, {"site": silence.site, "device": silence.device} | changed.validated_data
        )
        before = _form(silence)
        silence = changed.save()
        _note(request, silence, before, _form(silence))
        announce_silences(silence)
        return Response(SilenceSerializer(silence, context=context).data)

    @extend_schema(
        operation_id="silences_end",
        summary="End a silence",
        description="One that has begun stays listed as over; one that has not is removed.",
        tags=["Alerts"],
        responses={204: None},
    )
    @transaction.atomic
    def delete(self, request: Request, silence_id: int) -> Response:
        silence = _silence(request, silence_id)
        now = clock.now()
        if silence.starts_at > now:
            _note(request, silence, _form(silence), None)
            silence.delete()
        elif silence.ends_at is None or silence.ends_at > now:
            before = _form(silence)
            silence.ends_at = now
            silence.save(update_fields=["ends_at", "updated_at"])
            _note(request, silence, before, _form(silence))
        announce_silences(silence)
        return Response(status=204)


def _visible(request: Request) -> QuerySet[Silence]:
    visible = Silence.objects.visible_to(Scope.seen_by(request))
    return visible.select_related("site", "device__site", "rule", "created_by")


def _silence(request: Request, silence_id: int) -> Silence:
    rows = for_change(request, _visible(request))
    return checked(request, get_object_or_404(rows, pk=silence_id))


def _form(silence: Silence) -> dict[str, Any]:
    return {
        "starts": silence.starts_at.isoformat(timespec="seconds"),
        "ends": silence.ends_at and silence.ends_at.isoformat(timespec="seconds"),
        "recurrence": silence.recurrence,
        "reason": silence.reason,
        "site": silence.site_id,
        "device": silence.device_id,
        "rule": silence.rule_id,
    }


def _note(request: Request, silence: Silence, before: Any, after: Any) -> None:
    """Where it holds. One that was moved is for who sees every site."""
    moved = before and after and any(before[name] != after[name] for name in ("site", "device"))
    site_id = silence.device.site_id if silence.device is not None else silence.site_id
    about = silence.device or silence.site or silence.rule
    thing = (
        say("The silence of everything")
        if about is None
        else say("The silence of {what}", what=str(about))
    )
    record_change(
        Kind.SILENCE_CHANGED, thing, before, after,
        by=request.user, site_id=None if moved else site_id,
    )  # fmt: skip


def _context(request: Request, now: datetime) -> dict[str, Any]:
    """What stands, once for all silences of an answer."""
    current = Alert.objects.visible_to(Scope.of(request)).filter(standing.CURRENT)
    triples = list(current.values_list("site_id", "device_id", "rule_id"))
    return {"request": request, "now": now, "standing": triples}


def _may_reach(request: Request, facts: dict[str, Any]) -> None:
    """Nobody silences what they cannot see: a rule alone reaches every site."""
    everywhere = facts.get("site") is None and facts.get("device") is None
    if everywhere and not Scope.of(request).sees_everything:
        raise Needs(Role.OPERATOR, "for every site")
