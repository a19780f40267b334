"""REST: alert rules out of the lines on charts."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.scope import Scope
from alerts.models import AlertRule
from alerts.rules import change
from alerts.rules.api import user_of
from alerts.rules.lines import Proposal, proposed
from alerts.rules.transfer_api import SaidShape, TakenShape
from alerts.rules.words import applies_to, holds
from devices import clock
from telemetry.api import parameters as query
from telemetry.api.history_view import HistoryView


class LinesShape(serializers.Serializer):
    devices = serializers.IntegerField(help_text="Devices with lines.")
    created = serializers.IntegerField()
    rules = TakenShape(many=True, help_text="What the lines can become, or have become.")
    skipped = SaidShape(many=True, help_text="Lines that become none, and why.")


class AlertRuleLinesView(HistoryView):
    @extend_schema(
        operation_id="alert_rules_lines",
        summary="Which alert rules the lines on charts can become",
        tags=["Alert rules"],
        responses=LinesShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, ())
        return Response(_form(proposed(Scope.of(request), clock.now()), 0))

    @extend_schema(
        operation_id="alert_rules_from_lines",
        summary="Make alert rules of the lines on charts",
        description="They are switched off; the lines stay.",
        tags=["Alert rules"],
        request=None,
        responses=LinesShape,
    )
    def post(self, request: Request) -> Response:
        scope = Scope.of(request)
        found = proposed(scope, clock.now())
        try:
            created, _ = change.take_in(scope, found.rules, user_of(request))
        except (change.TooManyRules, change.NameTaken) as exc:
            raise ValidationError({"detail": str(exc)}) from exc
        return Response(_form(found, created))


def _form(found: Proposal, created: int) -> dict[str, Any]:
    return {
        "devices": found.devices,
        "created": created,
        "rules": [
            {
                "name": facts["name"],
                "applies": applies_to(AlertRule(**facts)),
                "holds": holds(AlertRule(**facts)),
            }
            for facts in found.rules
        ],
        "skipped": [{"name": what, "said": why} for what, why in found.skipped],
    }
