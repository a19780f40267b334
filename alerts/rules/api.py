"""REST: the alert rules. A rule for everywhere is for who sees every site."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import checked
from access.scope import Scope
from alerts.models import AlertRule, RuleChange
from alerts.rules import change
from alerts.rules.counts import counts
from alerts.rules.serializers import AlertRuleSerializer, ListedRuleSerializer
from devices import clock
from telemetry.api import parameters as query

SEEN = "updated_at"  # field of a PATCH: the rule as its writer looked at it


class Changed(APIException):
    """409: what was written would overwrite what another wrote."""

    status_code = 409
    default_code = "changed"


class ListShape(serializers.Serializer):
    now = serializers.IntegerField(help_text="Unix milliseconds.")
    rules = ListedRuleSerializer(many=True)


class PatchSerializer(AlertRuleSerializer):
    """What is left out stays as it is."""

    updated_at = serializers.DateTimeField(
        required=False,
        help_text="Of the rule as you have read it: 409 if it was changed since.",
    )

    class Meta(AlertRuleSerializer.Meta):
        read_only_fields = ["id", "ready_made", "created_at"]


class ChangeShape(serializers.ModelSerializer):
    by = serializers.SlugRelatedField(
        slug_field="username", read_only=True, allow_null=True, help_text="null: the server itself."
    )

    class Meta:
        model = RuleChange
        fields = ["id", "name", "at", "by", "before", "after"]


class ChangesShape(serializers.Serializer):
    changes = ChangeShape(many=True)


class AlertRulesView(APIView):
    @extend_schema(
        operation_id="alert_rules_list",
        summary="List the alert rules, and how each stands",
        tags=["Alert rules"],
        responses=ListShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, ())
        rules = list(visible(request).order_by("name", "id"))
        return Response({"now": clock.now_ms(), "rules": listed(request, rules)})

    @extend_schema(
        operation_id="alert_rules_create",
        summary="Add an alert rule",
        description="It is off unless `enabled` is true.",
        tags=["Alert rules"],
        request=AlertRuleSerializer,
        responses={201: ListedRuleSerializer},
    )
    def post(self, request: Request) -> Response:
        new = AlertRuleSerializer(data=request.data, context={"request": request})
        new.is_valid(raise_exception=True)
        with_refusals = _told(lambda: change.create(new.validated_data, user_of(request)))
        return Response(listed(request, [with_refusals])[0], status=201)


class AlertRuleView(APIView):
    @extend_schema(
        operation_id="alert_rules_get",
        summary="One alert rule",
        tags=["Alert rules"],
        responses=ListedRuleSerializer,
    )
    def get(self, request: Request, alert_rule_id: int) -> Response:
        return Response(listed(request, [_rule(request, alert_rule_id)])[0])

    @extend_schema(
        operation_id="alert_rules_change",
        summary="Change an alert rule, or switch it on and off",
        tags=["Alert rules"],
        request=PatchSerializer,
        responses=ListedRuleSerializer,
    )
    def patch(self, request: Request, alert_rule_id: int) -> Response:
        rule = _rule(request, alert_rule_id)
        read = PatchSerializer(rule, data=request.data, partial=True, context={"request": request})
        read.is_valid(raise_exception=True)
        facts = dict(read.validated_data)
        seen = facts.pop(SEEN, None)
        rule = _told(lambda: change.change(rule, facts, user_of(request), seen=seen))
        return Response(listed(request, [rule])[0])

    @extend_schema(
        operation_id="alert_rules_delete",
        summary="Delete an alert rule",
        description="Its alerts stay.",
        tags=["Alert rules"],
        responses={204: None},
    )
    def delete(self, request: Request, alert_rule_id: int) -> Response:
        change.delete(_rule(request, alert_rule_id), user_of(request))
        return Response(status=204)


class AlertRuleChangesView(APIView):
    @extend_schema(
        operation_id="alert_rules_changes",
        summary="Who changed an alert rule, when, and how it stood before and after",
        tags=["Alert rules"],
        responses=ChangesShape,
    )
    def get(self, request: Request, alert_rule_id: int) -> Response:
        query.known(request, ())
        rule = _rule(request, alert_rule_id)
        found = RuleChange.objects.visible_to(Scope.of(request)).filter(rule=rule)
        changes = found.select_related("by").order_by("-id")
        return Response({"changes": ChangeShape(changes, many=True).data})


def visible(request: Request) -> QuerySet[AlertRule]:
    seen = AlertRule.objects.visible_to(Scope.seen_by(request))
    return seen.select_related("site", "device__site", "created_by")


def user_of(request: Request) -> User | None:
    return request.user if isinstance(request.user, User) and request.user.pk else None


def listed(request: Request, rules: list[AlertRule]) -> Any:
    context = {"request": request, "counts": counts(Scope.of(request), rules)}
    return ListedRuleSerializer(rules, many=True, context=context).data


def _rule(request: Request, rule_id: int) -> AlertRule:
    return checked(request, get_object_or_404(visible(request), pk=rule_id))


def _told(work: Any) -> AlertRule:
    """What is wrong with a change, as the API says it."""
    try:
        made: AlertRule = work()
    except change.NameTaken as exc:
        raise ValidationError({"name": [str(exc)]}) from exc
    except change.TooManyRules as exc:
        raise ValidationError({"detail": str(exc)}) from exc
    except change.ChangedMeanwhile as exc:
        raise Changed(str(exc)) from exc
    except AlertRule.DoesNotExist as exc:
        raise NotFound from exc
    return made
