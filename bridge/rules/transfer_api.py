"""REST: all rules as a file, and a file as rules."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import ForEverySite
from bridge.rules import change
from bridge.rules.api import visible
from bridge.rules.serializers import ImportedShape, RuleSerializer, TransferSerializer, exported
from shiftlog.models import Kind
from shiftlog.record import record_change
from telemetry.api import parameters as query
from telemetry.series.said import say


class RulesExportView(APIView):
    @extend_schema(
        operation_id="rules_export",
        summary="All rules as a file",
        tags=["Rules"],
        responses=TransferSerializer,
    )
    def get(self, request: Request) -> Response:
        query.known(request, ())
        rules = [exported(rule) for rule in visible(request)]
        answer = Response({"pulseboard_rules": 1, "rules": rules})
        answer["Content-Disposition"] = 'attachment; filename="pulseboard-rules.json"'
        return answer


class RulesImportView(APIView):
    permission_classes = (ForEverySite,)

    @extend_schema(
        operation_id="rules_import",
        summary="Take in the rules of a file",
        description="One whose name is there already takes its place. All of them, or none.",
        tags=["Rules"],
        request=TransferSerializer,
        responses=ImportedShape,
    )
    def post(self, request: Request) -> Response:
        file = TransferSerializer(data=request.data)
        file.is_valid(raise_exception=True)
        rules = [_of_file(at, each) for at, each in enumerate(file.validated_data["rules"])]
        names = [rule["name"] for rule in rules]
        if len(set(names)) < len(names):
            raise ValidationError({"rules": ["Two rules of the file have one name."]})
        try:
            with transaction.atomic():
                created, changed = change.take_in(rules)
                what = {"created": created, "changed": changed}
                record_change(
                    Kind.DECODE_RULE_CHANGED, say("The list of rules"), {}, what, by=request.user
                )
        except change.TooManyRules as exc:
            raise ValidationError({"rules": [str(exc)]}) from exc
        return Response({"created": created, "changed": changed})


def _of_file(at: int, facts: dict[str, Any]) -> dict[str, Any]:
    read = RuleSerializer(data=facts)
    # Whether the name is there already is not a mistake here.
    read.fields["name"].validators = [
        each for each in read.fields["name"].validators if not hasattr(each, "queryset")
    ]
    if not read.is_valid():
        raise ValidationError({f"rules.{at}": read.errors})
    return dict(read.validated_data)
