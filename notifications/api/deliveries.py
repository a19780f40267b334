"""REST: the delivery log: what was told on which channel, and what the other side answered."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import own_id
from access.scope import EVERYTHING, Scope
from devices import clock
from notifications import in_sight
from notifications.api.channel_shapes import DeliveryShape, delivery_shown
from notifications.content import Content
from notifications.models import Delivery, Kind, Notification
from telemetry.api import parameters as query
from telemetry.moments import from_ms, to_ms

LIMIT, MAX_LIMIT = 100, 500  # notifications of one answer
MAX_TRIES = 100  # attempts of one notification, the newest
PARAMETERS = {"channel", "kind", "state", "alert", "to", "from", "before", "limit"}


class NotificationShape(serializers.Serializer):
    id = serializers.IntegerField()
    channel = serializers.IntegerField(allow_null=True, help_text="Its id; null: it is gone.")
    channel_name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    user = serializers.CharField(allow_null=True, help_text="Whom it was for; null: nobody alone.")
    alert = serializers.IntegerField(allow_null=True)
    what = serializers.CharField(help_text="fired, worsened, cleared, escalated, digest, test.")
    severity = serializers.CharField()
    subject = serializers.CharField()
    state = serializers.ChoiceField(choices=Notification.State.choices)
    due_at = serializers.IntegerField(help_text="Unix milliseconds.")
    try_at = serializers.IntegerField(allow_null=True, help_text="While it waits.")
    ended_at = serializers.IntegerField(allow_null=True)
    attempts = serializers.IntegerField()
    last = DeliveryShape(allow_null=True, help_text="The last attempt.")


class DeliveriesShape(serializers.Serializer):
    now = serializers.IntegerField(help_text="Unix milliseconds.")
    more = serializers.BooleanField(help_text="Whether there are older ones.")
    deliveries = NotificationShape(many=True)


class ToldDetailShape(serializers.Serializer):
    now = serializers.IntegerField(help_text="Unix milliseconds.")
    delivery = NotificationShape()
    text = serializers.CharField(help_text="What was told.")
    tries = DeliveryShape(many=True, help_text="Each attempt, the newest first.")


class DeliveriesView(APIView):
    @extend_schema(
        operation_id="deliveries_list",
        summary="What was told, the newest first",
        description="The next page begins `before` the last id of this one.",
        tags=["Notifications"],
        parameters=[
            query.described("channel", "A channel's id.", int),
            query.described("kind", f"One of {', '.join(Kind.values)}."),
            query.described("state", f"One of {', '.join(Notification.State.values)}."),
            query.described("alert", "An alert's id.", int),
            query.described("from", "Due then or later: Unix milliseconds or ISO 8601."),
            query.described("to", "Due before: Unix milliseconds or ISO 8601."),
            query.described("before", "Those with a lower id.", int),
            query.described("limit", f"At most this many: 1 to {MAX_LIMIT}.", int),
        ],
        responses=DeliveriesShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, PARAMETERS)
        limit = query.integer(request, "limit", LIMIT, least=1, most=MAX_LIMIT)
        found = list(_filtered(request).order_by("-id")[: limit + 1])
        last = _last(found[:limit])
        return Response(
            {
                "now": clock.now_ms(),
                "more": len(found) > limit,
                "deliveries": [_told(each, last.get(each.pk)) for each in found[:limit]],
            }
        )


class DeliveryView(APIView):
    @extend_schema(
        operation_id="deliveries_get",
        summary="One thing that was told, with each attempt",
        tags=["Notifications"],
        responses=ToldDetailShape,
    )
    def get(self, request: Request, delivery_id: int) -> Response:
        query.known(request, ())
        told = get_object_or_404(_seen(request), pk=delivery_id)
        tries = list(told.deliveries.order_by("-id")[:MAX_TRIES])
        return Response(
            {
                "now": clock.now_ms(),
                "delivery": _told(told, tries[0] if tries else None),
                "text": Content.read(told.content).words,
                "tries": [delivery_shown(each) for each in tries],
            }
        )


def _seen(request: Request) -> QuerySet[Notification]:
    """What is about sites one sees, and what one was told oneself and may see still."""
    scope = Scope.of(request)
    own = in_sight.own(own_id(request), scope)
    return (Notification.objects.visible_to(scope) | own).select_related("user")


def _filtered(request: Request) -> QuerySet[Notification]:
    named = {
        "kind": query.one_of(request, "kind", Kind.values),
        "state": query.one_of(request, "state", Notification.State.values),
        "channel": query.row_id(request, "channel"),
        "alert_id": query.row_id(request, "alert"),
        "pk__lt": query.row_id(request, "before"),
    }
    found = _seen(request).filter(**{name: value for name, value in named.items() if value})
    if (start := query.milliseconds(request, "from")) is not None:
        found = found.filter(due_at__gte=from_ms(start))
    if (stop := query.milliseconds(request, "to")) is not None:
        found = found.filter(due_at__lt=from_ms(stop))
    return found


def _last(told: list[Notification]) -> dict[int, Delivery]:
    """The last attempt of each."""
    newest = Delivery.objects.visible_to(EVERYTHING).filter(notification=OuterRef("pk"))
    ids = Notification.objects.visible_to(EVERYTHING).filter(pk__in=[each.pk for each in told])
    last = ids.annotate(last=Subquery(newest.order_by("-id").values("pk")[:1]))
    found = Delivery.objects.visible_to(EVERYTHING).filter(pk__in=last.values("last"))
    return {each.notification_id: each for each in found}


def _told(told: Notification, last: Delivery | None) -> dict[str, Any]:
    content = Content.read(told.content)
    waits = told.state == Notification.State.WAITING
    return {
        "id": told.pk,
        "channel": told.channel_id,
        "channel_name": told.channel_name,
        "kind": told.kind,
        "user": told.user.get_username() if told.user else None,
        "alert": told.alert_id,
        "what": content.what,
        "severity": told.severity,
        "subject": content.subject or content.sentence,
        "state": told.state,
        "due_at": to_ms(told.due_at),
        "try_at": to_ms(told.try_at) if waits else None,
        "ended_at": to_ms(told.ended_at) if told.ended_at else None,
        "attempts": told.attempts,
        "last": delivery_shown(last) if last else None,
    }
