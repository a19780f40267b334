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
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import Needs, check_named, checked
from access.roles import Role
from access.scope import Scope
from alerts import silences, standing
from alerts.events import announce_silences
from alerts.models import Alert, AlertRule, Silence
from alerts.models.silence import MAX_REASON
from devices import clock
from devices.api.strict import Strict
from devices.models import Device, Site
from shiftlog.models import Kind
from shiftlog.record import record_change
from telemetry.api import parameters as query
from telemetry.api.moment import MomentField
from telemetry.moments import to_ms
from telemetry.series.said import say

MAX_SILENCES = 200  # of one answer: those that hold or will, then the newest that are over
KEPT = timedelta(days=30)  # how long one that is over is listed


class Named(serializers.SlugRelatedField):
    """A row by a name, among those the caller sees; what he may not change is refused."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return super().to_internal_value(data)
        except ValidationError:
            if isinstance(data, str | int) and "\x00" not in str(data):
                named = {self.slug_field: data}
                check_named(self.context["request"], self.queryset.model, **named)
            raise

    def get_queryset(self) -> QuerySet:
        return self.queryset.model.objects.visible_to(Scope.of(self.context["request"]))


class SilenceSerializer(Strict, serializers.ModelSerializer):
    site = Named(
        slug_field="slug", queryset=Site.objects.none(), allow_null=True, required=False,
        help_text="A site's slug.",
    )  # fmt: skip
    device = Named(
        slug_field="uid", queryset=Device.objects.none(), allow_null=True, required=False,
        help_text="A device's uid.",
    )  # fmt: skip
    rule = Named(
        slug_field="id", queryset=AlertRule.objects.none(), allow_null=True, required=False,
        help_text="A rule's id.",
    )  # fmt: skip
    rule_name = serializers.CharField(
        source="rule.name", default=None, read_only=True, allow_null=True
    )
    site_name = serializers.CharField(
        source="site.name", default=None, read_only=True, allow_null=True
    )
    device_name = serializers.CharField(
        source="device.name", default=None, read_only=True, allow_null=True
    )
    stands_at = serializers.SerializerMethodField(
        help_text="The slug of the site whose roles count for it; null: of no site."
    )
    starts_at = MomentField(required=False, help_text="Without it, now.")
    ends_at = MomentField(allow_null=True, required=False, help_text="null: until it is ended.")
    recurrence = serializers.JSONField(
        allow_null=True, required=False,
        help_text='Only in these hours of each week: {"zone": "Europe/Berlin", "days": [1, 5], '
        '"from": "22:00", "to": "06:00"}; Monday is 1.',
    )  # fmt: skip
    reason = serializers.CharField(max_length=MAX_REASON, allow_blank=True, default="")
    created_by = serializers.SlugRelatedField(
        slug_field="username", read_only=True, allow_null=True, help_text="null: the server."
    )
    holds = serializers.SerializerMethodField(help_text="Whether it holds now.")
    held_back = serializers.SerializerMethodField(help_text="Alerts that stand and that it is for.")

    class Meta:
        model = Silence
        fields = [
            "id", "site", "site_name", "device", "device_name", "rule", "rule_name",
            "stands_at", "starts_at",
            "ends_at", "recurrence", "reason", "created_by", "holds", "held_back",
        ]  # fmt: skip
        read_only_fields = ["id"]

    def get_stands_at(self, silence: Silence) -> str | None:
        site = silence.device.site if silence.device is not None else silence.site
        return site.slug if site else None

    def get_holds(self, silence: Silence) -> bool:
        return silences.holds(silence, self.context["now"])

    def get_held_back(self, silence: Silence) -> int:
        return sum(
            silences.fits(silence, site=site, device=device, rule=rule)
            for site, device, rule in self.context["standing"]
        )

    def validate_recurrence(self, value: Any) -> Any:
        if value is not None:
            try:
                silences.read_recurrence(value)
            except silences.InvalidRecurrence as exc:
                raise ValidationError({name: [said] for name, said in exc.errors.items()}) from exc
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        before = self.instance
        start = attrs.get("starts_at") or (before.starts_at if before else self.context["now"])
        stop = attrs.get("ends_at", before.ends_at if before else None)
        if stop is not None and stop <= start:
            raise ValidationError({"ends_at": ["It ends before it begins."]})
        device, site = attrs.get("device"), attrs.get("site")
        site = device.site if device is not None else site
        if attrs.get("recurrence") and site is not None and site.zone:
            attrs["recurrence"] = {"zone": site.zone, **attrs["recurrence"]}
        return attrs | {"starts_at": start}


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
        silence = checked(request, get_object_or_404(_visible(request), pk=silence_id))
        return Response(SilenceSerializer(silence, context=_context(request, clock.now())).data)

    @extend_schema(
        operation_id="silences_change", summary="Change a silence", tags=["Alerts"],
        request=SilenceSerializer, responses=SilenceSerializer,
    )  # fmt: skip
    def patch(self, request: Request, silence_id: int) -> Response:
        silence = checked(request, get_object_or_404(_visible(request), pk=silence_id))
        context = _context(request, clock.now())
        changed = SilenceSerializer(silence, data=request.data, partial=True, context=context)
        changed.is_valid(raise_exception=True)
        _may_reach(
            request, {"site": silence.site, "device": silence.device} | changed.validated_data
        )
        before = _form(silence)
        with transaction.atomic():
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
    def delete(self, request: Request, silence_id: int) -> Response:
        silence = checked(request, get_object_or_404(_visible(request), pk=silence_id))
        now = clock.now()
        with transaction.atomic():
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
