"""REST: who was told of what, who was not and why, and what the other side answered."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.scope import Scope
from devices import clock
from notifications import said
from notifications.api.fields import MomentField
from notifications.content import Content
from notifications.models import Decision, Delivery, Notification
from notifications.people.decision import Why
from notifications.recipients import recipient_of, wishes_of
from notifications.targets import Target
from telemetry.api import parameters as query
from telemetry.moments import to_ms

PAGE = 50  # decisions
MAX_PAGE = 200
STATES = tuple(Notification.State.values)
PARAMETERS = [
    query.described("alert", "The id of an alert.", int),
    query.described("who", "An account's or a shared channel's name."),
    query.described("why", f"One of {', '.join(Why)}."),
    query.described("state", f"Of its notification: {', '.join(STATES)}."),
    query.described("before", "`next` of the page before.", int),
    query.described("limit", f"At most so many, up to {MAX_PAGE}.", int),
]


class AttemptShape(serializers.Serializer):
    at = MomentField()
    took = serializers.IntegerField(help_text="Milliseconds.")
    outcome = serializers.ChoiceField(choices=Delivery.Outcome.choices)
    status = serializers.IntegerField(allow_null=True)
    answer = serializers.CharField(help_text="Of the other side.")
    retry = MomentField(allow_null=True, help_text="Null: there is no other try.")


class SentShape(serializers.Serializer):
    channel = serializers.CharField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=Notification.State.choices)
    attempts = AttemptShape(many=True)


class DecisionShape(serializers.Serializer):
    id = serializers.IntegerField()
    at = MomentField(help_text="When it was decided.")
    alert = serializers.IntegerField()
    what = serializers.CharField(help_text="fired, worsened or cleared.")
    severity = serializers.CharField()
    sentence = serializers.CharField()
    device = serializers.CharField()
    policy = serializers.CharField(help_text="Empty: of its end.")
    step = serializers.IntegerField(help_text="From 0.")
    who = serializers.CharField()
    why = serializers.CharField()
    due = MomentField(allow_null=True)
    sent = MomentField(allow_null=True, help_text="When it went into the outbox.")
    said = serializers.CharField(help_text="In words; times in one's own zone.")
    notifications = SentShape(many=True)


class DecisionsShape(serializers.Serializer):
    now = MomentField()
    decisions = DecisionShape(many=True)
    next = serializers.IntegerField(allow_null=True)


class DecisionsView(APIView):
    @extend_schema(
        operation_id="notifications_decisions",
        summary="Who was told, who was not and why, newest first",
        tags=["Notifications"],
        parameters=PARAMETERS,
        responses=DecisionsShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, [each.name for each in PARAMETERS])
        limit = query.integer(request, "limit", PAGE, least=1, most=MAX_PAGE)
        rows = list(_wanted(request).select_related("occasion").order_by("-id")[: limit + 1])
        page = rows[:limit]
        return Response(
            {
                "now": clock.now_ms(),
                "decisions": _shown(request, page),
                "next": page[-1].pk if len(rows) > limit else None,
            }
        )


def _wanted(request: Request) -> QuerySet[Decision]:
    rows: QuerySet[Decision] = Decision.objects.visible_to(Scope.of(request))
    if alert := query.integer(request, "alert", 0, least=1, most=2**62):
        rows = rows.filter(alert_id=alert)
    if before := query.integer(request, "before", 0, least=1, most=2**62):
        rows = rows.filter(pk__lt=before)
    if who := query.text(request, "who"):
        rows = rows.filter(who=who)
    if why := query.one_of(request, "why", tuple(Why)):
        rows = rows.filter(why=why)
    if state := query.one_of(request, "state", STATES):
        keys = Notification.objects.visible_to(Scope.of(request)).filter(state=state)
        rows = rows.filter(~Q(key=""), key__in=keys.values("key"))
    return rows


def _shown(request: Request, decisions: list[Decision]) -> list[dict[str, Any]]:
    zone = wishes_of(recipient_of(Target("", user=request.user))).zone
    sent: dict[str, list[Notification]] = {}
    rows = Notification.objects.visible_to(Scope.of(request))
    keys = {each.key for each in decisions if each.key}
    for row in rows.filter(key__in=keys).prefetch_related("deliveries").order_by("id"):
        sent.setdefault(row.key, []).append(row)
    return [_form(each, said.of_one(each, zone), sent.get(each.key, [])) for each in decisions]


def _form(decision: Decision, words: str, sent: list[Notification]) -> dict[str, Any]:
    content = Content.read(decision.occasion.content)
    return {
        "id": decision.pk,
        "at": to_ms(decision.created_at),
        "alert": decision.alert_id,
        "what": decision.occasion.what,
        "severity": content.severity,
        "sentence": content.sentence,
        "device": content.device,
        "policy": decision.policy_name,
        "step": decision.step,
        "who": decision.who,
        "why": decision.why,
        "due": decision.due_at and to_ms(decision.due_at),
        "sent": decision.sent_at and to_ms(decision.sent_at),
        "said": words,
        "notifications": [_sent(each) for each in sent],
    }


def _sent(row: Notification) -> dict[str, Any]:
    return {
        "channel": row.channel_name,
        "kind": row.kind,
        "state": row.state,
        "attempts": [
            {
                "at": to_ms(each.at),
                "took": each.took_ms,
                "outcome": each.outcome,
                "status": each.status,
                "answer": each.answer,
                "retry": each.retry_at and to_ms(each.retry_at),
            }
            for each in sorted(row.deliveries.all(), key=lambda each: each.pk)
        ],
    }
