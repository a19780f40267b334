"""`retention/`: rules that keep what some series measured for another time than the rest."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.permission import Needs, check_named, checked, for_change
from access.roles import Role
from access.scope import Scope
from devices import clock
from devices.events import announce_after_commit
from devices.models import Device, Site
from telemetry.api import parameters as query
from telemetry.api.history_view import HistoryView
from telemetry.api.retention_form import (
    NUMBERS,
    EffectShape,
    RetentionRuleSerializer,
    RetentionRuleShape,
    RetentionShape,
    effect_of,
    form_of,
)
from telemetry.live import contract
from telemetry.models import RetentionRule, Series
from telemetry.storage import kept
from telemetry.storage.backend import backend
from telemetry.storage.retention_effect import effect

TAGS = ["Retention"]
DRY_RUN = query.described("dry_run", "1: say what it would change, and change nothing.")


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
                "rules": [form_of(each) for each in rules.order_by("pk")],
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
    @transaction.atomic
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
    @transaction.atomic
    def delete(self, request: Request, retention_id: int) -> Response:
        is_dry = _is_dry(request)
        rule = _one(request, retention_id)
        if is_dry:
            return Response(effect_of(effect(rule, clock.now(), deleted=True)))
        _tell(rule)
        rule.delete()
        return Response(status=204)


def _is_dry(request: Request) -> bool:
    query.known(request, {"dry_run"})
    return query.one_of(request, "dry_run", ("0", "1")) == "1"


def _one(request: Request, retention_id: int) -> RetentionRule:
    seen = RetentionRule.objects.visible_to(Scope.seen_by(request))
    rows = for_change(request, seen.select_related("series__device"))
    found: RetentionRule = get_object_or_404(rows, pk=retention_id)
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
    return form_of(rule) | {"effect": effect_of(found)}


def _tell(rule: RetentionRule) -> None:
    message = contract.event("retention", site=rule.site_id_of)
    announce_after_commit(lambda: [message])
