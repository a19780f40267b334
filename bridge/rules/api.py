"""REST: the rules of users, in order; decoding again what was kept raw.

A rule reads topics, which stand at no site: they are for who sees every site.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import ForEverySite, checked
from access.scope import Scope
from bridge.decode.rules import definition
from bridge.decode.rules.problems import InvalidRule
from bridge.decode.rules.rule import Rule
from bridge.models import DecodeRule
from bridge.quarantine.api import SummaryShape, replayed
from bridge.quarantine.selection import Selection
from bridge.rules import change, kept
from bridge.rules.serializers import (
    OrderSerializer,
    RuleSerializer,
    RulesShape,
    SavedRuleSerializer,
)
from devices import clock
from devices.api.conflict import refused_as
from shiftlog.models import Kind
from shiftlog.record import record_change
from telemetry.api import parameters as query
from telemetry.series.said import say

NAME_TAKEN = "Another rule has this name."


class RulesView(APIView):
    permission_classes = (ForEverySite,)

    @extend_schema(
        operation_id="rules_list",
        summary="List the rules, in their order",
        tags=["Rules"],
        responses=RulesShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, ())
        found = visible(request)
        return Response({"now": clock.now_ms(), "rules": RuleSerializer(found, many=True).data})

    @extend_schema(
        operation_id="rules_create",
        summary="Add a rule behind all others",
        description="`waiting` says how much in quarantine could be decoded again by it.",
        tags=["Rules"],
        request=RuleSerializer,
        responses={201: SavedRuleSerializer},
    )
    def post(self, request: Request) -> Response:
        new = RuleSerializer(data=request.data)
        new.is_valid(raise_exception=True)
        try:
            with refused_as(ValidationError({"name": [NAME_TAKEN]})):
                rule = change.create(new.validated_data)
                _note(request, rule.name, None, _form(rule))
        except change.TooManyRules as exc:
            raise ValidationError({"detail": str(exc)}) from exc
        return Response(_saved(request, rule), status=201)


class RuleView(APIView):
    @extend_schema(
        operation_id="rules_get", summary="One rule", tags=["Rules"], responses=SavedRuleSerializer
    )
    def get(self, request: Request, rule_id: int) -> Response:
        return Response(_saved(request, _rule(request, rule_id)))

    @extend_schema(
        operation_id="rules_change",
        summary="Change a rule",
        description="A bridge reads by it within two seconds.",
        tags=["Rules"],
        request=RuleSerializer,
        responses=SavedRuleSerializer,
    )
    def patch(self, request: Request, rule_id: int) -> Response:
        with refused_as(ValidationError({"name": [NAME_TAKEN]})):
            change.take_turn()
            rule = _rule(request, rule_id)
            changed = RuleSerializer(rule, data=request.data, partial=True)
            changed.is_valid(raise_exception=True)
            before = _form(rule)
            rule = change.change(rule, changed.validated_data)
            _note(request, rule.name, before, _form(rule))
        return Response(_saved(request, rule))

    @extend_schema(
        operation_id="rules_delete", summary="Delete a rule", tags=["Rules"], responses={204: None}
    )
    @transaction.atomic
    def delete(self, request: Request, rule_id: int) -> Response:
        change.take_turn()
        rule = _rule(request, rule_id)
        _note(request, rule.name, _form(rule), None)
        change.delete(rule)
        return Response(status=204)


class RuleOrderView(APIView):
    permission_classes = (ForEverySite,)

    @extend_schema(
        operation_id="rules_order",
        summary="Put the rules into another order",
        tags=["Rules"],
        request=OrderSerializer,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        wanted = OrderSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        try:
            with transaction.atomic():
                change.order(wanted.validated_data["ids"])
                what = {"order": wanted.validated_data["ids"]}
                record_change(
                    Kind.DECODE_RULE_CHANGED, say("The order of rules"), {}, what, by=request.user
                )
        except change.OtherRules as exc:
            raise ValidationError({"ids": [str(exc)]}) from exc
        return Response(status=204)


class RuleReplayView(APIView):
    @extend_schema(
        operation_id="rules_replay",
        summary="Decode again what was kept raw on a rule's topic",
        description="As from quarantine: oldest first, `more` says whether some are left.",
        tags=["Rules"],
        request=None,
        responses=SummaryShape,
    )
    def post(self, request: Request, rule_id: int) -> Response:
        rule = _rule(request, rule_id)
        topic = _read(rule).topic
        return Response(replayed(Selection(topic=topic, scope=Scope.of(request)), request.user))


def visible(request: Request) -> QuerySet[DecodeRule]:
    return DecodeRule.objects.visible_to(Scope.seen_by(request)).order_by("position", "id")


def _rule(request: Request, rule_id: int) -> DecodeRule:
    return checked(request, get_object_or_404(visible(request), pk=rule_id))


def _read(rule: DecodeRule) -> Rule:
    try:
        return definition.read(rule.definition, rule.name)
    except InvalidRule as exc:
        raise ValidationError({name: [said] for name, said in exc.errors.items()}) from exc


def _form(rule: DecodeRule) -> dict[str, Any]:
    return {"name": rule.name, "enabled": rule.enabled, "definition": rule.definition}


def _note(request: Request, name: str, before: Any, after: Any) -> None:
    """In the log, in the transaction of the change."""
    thing = say("The rule {name}", name=name)
    record_change(Kind.DECODE_RULE_CHANGED, thing, before, after, by=request.user)


def _saved(request: Request, rule: DecodeRule) -> Any:
    waiting = kept.waiting(Scope.of(request), _read(rule).topic)
    return SavedRuleSerializer(rule, context={"waiting": waiting}).data
