"""REST: policies, and whom an alert would be told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import ForEverySite, checked, for_change
from access.scope import Scope
from devices import clock
from notifications import escalations, recipients, said, targets
from notifications.api.noted import Noted
from notifications.api.policy_shapes import (
    NAMED,
    PoliciesShape,
    PolicySerializer,
    TrialSerializer,
    TrialShape,
)
from notifications.api.saving import deleted, saved
from notifications.content import Content
from notifications.models import Decision, Policy, PolicyStep
from shiftlog.models import Kind
from telemetry.moments import to_ms
from telemetry.series.said import marked

NOTED = Noted(
    Kind.POLICY_CHANGED, marked("The policy {name}"), lambda policy: PolicySerializer(policy).data
)


class PoliciesView(APIView):
    permission_classes = (ForEverySite,)

    @extend_schema(
        operation_id="notifications_policies",
        summary="List policies",
        tags=["Notifications"],
        responses=PoliciesShape,
    )
    def get(self, request: Request) -> Response:
        visible = Policy.objects.visible_to(Scope.of(request)).select_related("site")
        policies = visible.prefetch_related(*(f"steps__{name}" for name in NAMED)).order_by("name")
        return Response({"policies": PolicySerializer(policies, many=True).data})

    @extend_schema(
        operation_id="notifications_policies_create",
        summary="Add a policy",
        tags=["Notifications"],
        request=PolicySerializer,
        responses={201: PolicySerializer},
    )
    def post(self, request: Request) -> Response:
        return Response(_saved(request, Policy()), status=201)


class PolicyView(APIView):
    @extend_schema(
        operation_id="notifications_policies_get",
        summary="One policy",
        tags=["Notifications"],
        responses=PolicySerializer,
    )
    def get(self, request: Request, policy_id: int) -> Response:
        return Response(PolicySerializer(_policy(request, policy_id)).data)

    @extend_schema(
        operation_id="notifications_policies_change",
        summary="Change a policy",
        description="Alerts that stand go on by it: at their next step.",
        tags=["Notifications"],
        request=PolicySerializer(partial=True),
        responses=PolicySerializer,
    )
    @transaction.atomic
    def patch(self, request: Request, policy_id: int) -> Response:
        return Response(_saved(request, _policy(request, policy_id)))

    @extend_schema(
        operation_id="notifications_policies_delete",
        summary="Delete a policy",
        tags=["Notifications"],
        responses={204: None},
    )
    @transaction.atomic
    def delete(self, request: Request, policy_id: int) -> Response:
        return deleted(request, _policy(request, policy_id), NOTED)


class TrialView(APIView):
    """Nothing is sent, kept or used up."""

    changes_nothing = True

    permission_classes = (ForEverySite,)

    @extend_schema(
        operation_id="notifications_policies_try",
        summary="Whom such an alert would be told, when, and who not and why",
        description="As if it fired at `at` (without it: now) and nobody acknowledged.",
        tags=["Notifications"],
        request=TrialSerializer,
        responses=TrialShape,
    )
    def post(self, request: Request) -> Response:
        given = TrialSerializer(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        facts = given.validated_data
        site = facts["site"]
        content = Content(
            what="fired",
            severity=facts["severity"],
            site_id=site and site.pk,
            labels=facts["labels"],
        )
        at = facts.get("at") or clock.now()
        steps: list[dict[str, Any]] = []
        enabled = Policy.objects.visible_to(Scope.of(request)).filter(enabled=True)
        for policy in enabled.order_by("name"):
            due = at
            for step in (
                policy.steps.order_by("number") if escalations.fits(policy, content) else ()
            ):
                told = [_told(each, content, due) for each in targets.targets_of(step, due)]
                steps.append({"policy": policy.name, "at": to_ms(due), "told": told})
                due += timedelta(minutes=step.minutes)
        return Response({"steps": sorted(steps, key=lambda step: step["at"])})


def _told(target: targets.Target, content: Content, at: Any) -> dict[str, Any]:
    decided = recipients.judged(target, content, at)
    would = Decision(why=decided.why, due_at=decided.due)
    return {
        "who": target.name,
        "why": decided.why,
        "at": decided.due and to_ms(decided.due),
        "said": said.of_one(would, targets.UTC_ZONE),
        "channels": [each.name for each in targets.channels_of(target)] if decided.due else [],
    }


def _policy(request: Request, policy_id: int) -> Policy:
    visible = Policy.objects.visible_to(Scope.seen_by(request))
    return checked(request, get_object_or_404(for_change(request, visible), pk=policy_id))


def _saved(request: Request, policy: Policy) -> Any:
    given = PolicySerializer(
        data=request.data, partial=policy.pk is not None, context={"request": request}
    )
    given.is_valid(raise_exception=True)
    facts = given.validated_data
    steps = facts.pop("steps", None)
    saved(request, policy, facts, lambda: _replace_steps(policy, steps), NOTED)
    return PolicySerializer(policy).data


def _replace_steps(policy: Policy, steps: Sequence[dict[str, Any]] | None) -> None:
    if steps is None:
        return
    policy.steps.all().delete()
    for number, facts in enumerate(steps):
        step = PolicyStep.objects.create(policy=policy, number=number, minutes=facts["minutes"])
        for name in NAMED:
            getattr(step, name).set(facts[name])
