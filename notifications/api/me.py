"""REST: what one wants to be told oneself, and what a shared channel is told."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import ForEverySite, checked
from access.roles import Role
from access.scope import Scope
from devices import clock
from devices.api.strict import Strict
from notifications.api.fields import (
    MomentField,
    QuietField,
    SeverityField,
    TimesField,
    ZoneField,
    changed,
)
from notifications.models import Channel, Recipient
from notifications.people.hours import quiet_until
from notifications.recipients import recipient_of, wishes_of
from notifications.targets import Target
from telemetry.moments import to_ms

MAX_HOURLY = 1_000  # messages


class WishesSerializer(Strict):
    language = serializers.ChoiceField(choices=settings.LANGUAGES, help_text="Of what is sent.")
    zone = ZoneField(help_text="Of the hours below: Europe/Berlin.")
    minimum = SeverityField(help_text="What is milder is not told.")
    paused_until = MomentField(allow_null=True, help_text="Nothing is told before; null: it is.")
    quiet = QuietField(help_text="[{days: [1 … 7], from: 22:00, to: 07:00}]; 1 is Monday.")
    through = SeverityField(
        allow_blank=True, help_text="From this severity on quiet hours do not hold; empty: always."
    )
    digest_below = SeverityField(
        allow_blank=True, help_text="What is milder waits for the digest; empty: nothing does."
    )
    digest_at = TimesField(help_text="When a digest is sent: 08:00.")
    ends = serializers.BooleanField(help_text="Whether it is told that an alert is over.")
    hourly = serializers.IntegerField(
        min_value=1, max_value=MAX_HOURLY, help_text="Messages an hour; more come together."
    )


class MeShape(WishesSerializer):
    name = serializers.CharField(help_text="Of the account, or of the shared channel.")
    now = MomentField()
    quiet_until = MomentField(allow_null=True, help_text="Null: quiet hours do not hold now.")


class AccountShape(serializers.Serializer):
    name = serializers.CharField()
    channels = serializers.IntegerField(help_text="Own channels that are switched on.")


class RoomShape(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.CharField()
    enabled = serializers.BooleanField()


class RecipientsShape(serializers.Serializer):
    people = AccountShape(many=True)
    rooms = RoomShape(many=True)


class MeView(APIView):
    change_needs = Role.VIEWER

    @extend_schema(
        operation_id="notifications_me",
        summary="What I am told, and when",
        tags=["Notifications"],
        responses=MeShape,
    )
    def get(self, request: Request) -> Response:
        return Response(_shown(recipient_of(Target("", user=request.user))))

    @extend_schema(
        operation_id="notifications_me_change",
        summary="Change what I am told",
        tags=["Notifications"],
        request=WishesSerializer(partial=True),
        responses=MeShape,
    )
    def patch(self, request: Request) -> Response:
        return _change(request, Target("", user=request.user))


class RoomView(APIView):
    """Of a shared channel."""

    @extend_schema(
        operation_id="notifications_room",
        summary="What a shared channel is told, and when",
        tags=["Notifications"],
        responses=MeShape,
    )
    def get(self, request: Request, channel_id: int) -> Response:
        return Response(_shown(recipient_of(Target("", channel=_room(request, channel_id)))))

    @extend_schema(
        operation_id="notifications_room_change",
        summary="Change what a shared channel is told",
        tags=["Notifications"],
        request=WishesSerializer(partial=True),
        responses=MeShape,
    )
    def patch(self, request: Request, channel_id: int) -> Response:
        return _change(request, Target("", channel=_room(request, channel_id)))


class RecipientsView(APIView):
    permission_classes = (ForEverySite,)

    @extend_schema(
        operation_id="notifications_recipients",
        summary="Who may be told: accounts and shared channels",
        tags=["Notifications"],
        responses=RecipientsShape,
    )
    def get(self, request: Request) -> Response:
        rooms = Channel.objects.visible_to(Scope.of(request)).filter(owner=None)
        people = []
        if Scope.of(request).sees_everything:
            accounts = get_user_model()._default_manager.filter(is_active=True)
            counted = accounts.annotate(on=Count("channels", filter=Q(channels__enabled=True)))
            people = [
                {"name": name, "channels": on}
                for name, on in counted.order_by("username").values_list("username", "on")
            ]
        shown = rooms.order_by("name", "id").values("id", "name", "kind", "enabled")
        return Response({"people": people, "rooms": list(shown)})


def _room(request: Request, channel_id: int) -> Channel:
    rooms = Channel.objects.visible_to(Scope.seen_by(request)).filter(owner=None)
    return checked(request, get_object_or_404(rooms, pk=channel_id))


def _change(request: Request, target: Target) -> Response:
    given = WishesSerializer(data=request.data, partial=True)
    given.is_valid(raise_exception=True)
    with transaction.atomic():
        recipient = recipient_of(target, lock=True)
        for name, value in given.validated_data.items():
            setattr(recipient, name, value)
        recipient.save()
        changed()
    return Response(_shown(recipient))


def _shown(recipient: Recipient) -> dict[str, Any]:
    now = clock.now()
    wishes = wishes_of(recipient)
    until = quiet_until(wishes.quiet, wishes.zone, now)
    return {
        **WishesSerializer(recipient).data,
        "language": recipient.language or settings.LANGUAGE_CODE,
        "name": str(recipient),
        "now": to_ms(now),
        "quiet_until": until and to_ms(until),
    }
