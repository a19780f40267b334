"""REST: the rules that are ready to be taken, for whole kinds of device."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import ForEverySite
from access.scope import Scope
from alerts import ready_made
from alerts.models import AlertRule
from alerts.rules import change
from alerts.rules.api import user_of
from alerts.rules.words import applies_to, holds
from telemetry.api import parameters as query


class ReadyMadeShape(serializers.Serializer):
    ready_made = serializers.CharField(help_text="What POST asks for it by.")
    name = serializers.CharField()
    severity = serializers.CharField()
    applies = serializers.CharField(help_text="What it is for, in words.")
    holds = serializers.CharField(help_text="What must hold, in words.")


class ReadyMadesShape(serializers.Serializer):
    rules = ReadyMadeShape(many=True)


class TakeSerializer(serializers.Serializer):
    ready_made = serializers.ListField(child=serializers.CharField(max_length=40), max_length=100)


class CreatedShape(serializers.Serializer):
    created = serializers.IntegerField()


class AlertRulesReadyMadeView(APIView):
    permission_classes = (ForEverySite,)

    @extend_schema(
        operation_id="alert_rules_ready_made",
        summary="Ready-made alert rules that nobody has taken yet",
        tags=["Alert rules"],
        responses=ReadyMadesShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, ())
        seen = ready_made.available() if Scope.of(request).sees_everything else []
        return Response({"rules": [_form(each) for each in seen]})

    @extend_schema(
        operation_id="alert_rules_take",
        summary="Take ready-made alert rules, switched on",
        description="One that is there already, or whose name another rule has, is left out.",
        tags=["Alert rules"],
        request=TakeSerializer,
        responses=CreatedShape,
    )
    def post(self, request: Request) -> Response:
        asked = TakeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            made = ready_made.install(asked.validated_data["ready_made"], user_of(request))
        except change.TooManyRules as exc:
            raise ValidationError({"detail": str(exc)}) from exc
        return Response({"created": len(made)})


def _form(each: ready_made.ReadyMade) -> dict[str, Any]:
    rule = AlertRule(kind=each.kind, metric=each.metric, condition=each.condition)
    return {
        "ready_made": each.name,
        "name": ready_made.title(each),
        "severity": each.severity,
        "applies": applies_to(rule),
        "holds": holds(rule),
    }
