"""`retention/`: rules that keep what some series measured for another time than the rest."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.permission import Needs, check_named, checked
from access.roles import Role
from access.scope import Scope
from devices import clock
from devices.api.strict import Strict
from devices.events import announce_after_commit
from devices.models import Device, Site
from telemetry.api import parameters as query
from telemetry.api.history_view import HistoryView
from telemetry.api.shapes import ms
from telemetry.live import contract
from telemetry.models import RetentionRule, Series
from telemetry.moments import to_ms
from telemetry.retention_rule import MAX_DAYS
from telemetry.storage import kept, retention
from telemetry.storage.backend import backend
from telemetry.storage.retention_effect import Effect, effect

TAGS = ["Retention"]
NUMBERS = ("raw_days", "minute_days", "hour_days", "day_days")
DRY_RUN = query.described("dry_run", "1: say what it would change, and change nothing.")


def _days(said: str) -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=1, max_value=MAX_DAYS, allow_null=True, required=False,
        help_text=f"Days that {said} are kept; null: as a less specific rule or the settings say.",
    )  # fmt: skip


class RetentionRuleSerializer(Strict):
    """A site, a kind, a device or a series, and for how many days what of it is kept."""

    site = serializers.SlugField(required=False, help_text="Its slug.")
    kind = serializers.CharField(required=False, max_length=64, help_text="Of devices.")
    device = serializers.CharField(required=False, help_text="Its uid.")
    series = serializers.IntegerField(required=False, help_text="Its id.")
    raw_days = _days("readings")
    minute_days = _days("summaries of minutes")
    hour_days = _days("summaries of hours")
    day_days = _days("summaries of days")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        of = [name for name in ("site", "kind", "device", "series") if name in attrs]
        if self.partial and of:
            raise ValidationError({name: ["What a rule is of cannot change."] for name in of})
        if not self.partial and len(of) != 1:
            raise ValidationError({"detail": ["Name one site, kind, device or series."]})
        return attrs


class LossShape(serializers.Serializer):
    what = serializers.ChoiceField(kept.Kept._fields)
    before = ms(help_text="So far it goes.")
    since = ms(help_text="The oldest day of it.")
    days = serializers.IntegerField(help_text="That have some of it.")
    series = serializers.IntegerField()
    readings = serializers.IntegerField(help_text="That these days hold, or sum up; not texts.")


class EffectShape(serializers.Serializer):
    series = serializers.IntegerField(help_text="Of so many series the rule is.")
    kept = serializers.ListField(
        child=serializers.DictField(child=serializers.IntegerField()),
        help_text="Days of each kind that are kept then; several where other rules say otherwise.",
    )
    losses = LossShape(many=True)
    begins = ms(help_text="When something goes at the earliest.")


class RetentionRuleShape(RetentionRuleSerializer):
    id = serializers.IntegerField(allow_null=True, help_text="null: it was a dry run.")
    name = serializers.CharField(help_text="Of what it is of.")
    changed = ms(allow_null=True)
    effect = EffectShape(required=False)


class RetentionShape(serializers.Serializer):
    now = ms()
    by_setting = serializers.DictField(child=serializers.IntegerField())
    by_series = serializers.BooleanField(
        help_text="false on TimescaleDB: a day goes when no rule keeps it any more."
    )
    rules = RetentionRuleShape(many=True)


class RetentionView(HistoryView):
    has_dry_run = True

    @extend_schema(
        operation_id="retention",
        summary="For how long what is kept",
        description="Of several rules the most specific wins: series, device, kind, site.",
        tags=TAGS,
        responses=RetentionShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, ())
        seen = RetentionRule.objects.visible_to(Scope.of(request))
        rules = seen.select_related("site", "device", "series__device")
        return Response(
            {
                "now": clock.now_ms(),
                "by_setting": kept.by_setting()._asdict(),
                "by_series": backend().trims,
                "rules": [_form(each) for each in rules.order_by("pk")],
            }
        )

    @extend_schema(
        operation_id="retention_create",
        summary="Make a rule",
        description="Nothing goes within 10 minutes of it. `effect` says what will.",
        tags=TAGS,
        parameters=[DRY_RUN],
        request=RetentionRuleSerializer,
        responses={200: RetentionRuleShape, 201: RetentionRuleShape},
    )
    def post(self, request: Request) -> Response:
        is_dry = _is_dry(request)
        asked = RetentionRuleSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        rule = _drafted(request, asked.validated_data)
        return Response(_saved(rule, is_dry=is_dry), status=200 if is_dry else 201)


class OneRetentionView(HistoryView):
    has_dry_run = True

    @extend_schema(
        operation_id="retention_partial_update",
        summary="Change the days of a rule",
        tags=TAGS,
        parameters=[DRY_RUN],
        request=RetentionRuleSerializer,
        responses=RetentionRuleShape,
    )
    def patch(self, request: Request, retention_id: int) -> Response:
        is_dry = _is_dry(request)
        rule = _one(request, retention_id)
        asked = RetentionRuleSerializer(data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        for name, value in asked.validated_data.items():
            setattr(rule, name, value)
        return Response(_saved(rule, is_dry=is_dry))

    @extend_schema(
        operation_id="retention_destroy",
        summary="Delete a rule",
        description="With `dry_run=1` the answer says what that would remove.",
        tags=TAGS,
        parameters=[DRY_RUN],
        responses={200: EffectShape, 204: None},
    )
    def delete(self, request: Request, retention_id: int) -> Response:
        is_dry = _is_dry(request)
        rule = _one(request, retention_id)
        if is_dry:
            return Response(_effect(effect(rule, clock.now(), deleted=True)))
        with transaction.atomic():
            _tell(rule)
            rule.delete()
        return Response(status=204)


def _is_dry(request: Request) -> bool:
    query.known(request, {"dry_run"})
    return query.one_of(request, "dry_run", ("0", "1")) == "1"


def _one(request: Request, retention_id: int) -> RetentionRule:
    seen = RetentionRule.objects.visible_to(Scope.seen_by(request))
    found: RetentionRule = get_object_or_404(seen.select_related("series__device"), pk=retention_id)
    return checked(request, found)


def _drafted(request: Request, given: dict[str, Any]) -> RetentionRule:
    scope = Scope.of(request)
    found: dict[str, Any] = {name: given.get(name) for name in NUMBERS}
    for name, visible, key in (
        ("site", Site.objects.visible_to(scope), "slug"),
        ("device", Device.objects.visible_to(scope), "uid"),
        ("series", Series.objects.visible_to(scope), "pk"),
    ):
        if name in given:
            check_named(request, visible.model, **{key: given[name]})
            found[name] = visible.filter(**{key: given[name]}).first()
            if found[name] is None:
                raise ValidationError({name: [f"There is no such {name}."]})
    if "kind" in given:
        if not scope.sees_everything:
            raise Needs(Role.ADMINISTRATOR, "for every site")
        found["kind"] = given["kind"]
    rule = RetentionRule(**found)
    if refused := rule.refused():
        (of,) = (name for name in ("site", "kind", "device", "series") if name in given)
        raise ValidationError({of: [refused]})
    return rule


def _saved(rule: RetentionRule, *, is_dry: bool) -> dict[str, Any]:
    if all(getattr(rule, name) is None for name in NUMBERS):
        raise ValidationError({"raw_days": ["Give one number of days at least."]})
    with transaction.atomic():
        found = effect(rule, clock.now())
        if not is_dry:
            rule.save()
            _tell(rule)
    return _form(rule) | {"effect": _effect(found)}


def _tell(rule: RetentionRule) -> None:
    message = contract.event("retention", site=rule.site_id_of)
    announce_after_commit(lambda: [message])


def _effect(found: Effect) -> dict[str, Any]:
    return {
        "series": found.series,
        "kept": [days._asdict() for days in found.kept],
        "losses": [
            loss._asdict() | {"before": to_ms(loss.before), "since": to_ms(loss.since)}
            for loss in found.losses
        ],
        "begins": to_ms(clock.now() + retention.GRACE),
    }


def _form(rule: RetentionRule) -> dict[str, Any]:
    of = {
        "site": rule.site and rule.site.slug,
        "kind": rule.kind,
        "device": rule.device and rule.device.uid,
        "series": rule.series_id,
    }
    return {
        "id": rule.pk,
        "name": str(rule),
        **{name: value for name, value in of.items() if value is not None},
        **{name: getattr(rule, name) for name in NUMBERS},
        "changed": rule.updated_at and to_ms(rule.updated_at),
    }
