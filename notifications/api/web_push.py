"""REST: this browser wants to be told, by Web Push. Its channel is of whoever is signed in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.roles import Role
from access.scope import EVERYTHING
from devices.api.fields import LineField
from notifications import change, vapid
from notifications.api.channel_shapes import ChannelShape, shown
from notifications.api.channels import created
from notifications.api.fields import changed
from notifications.channels import web_push
from notifications.channels.fields import complaints
from notifications.models import Channel, Kind
from notifications.models.channel import MAX_NAME
from notifications.sealed import Unreadable
from telemetry.api import parameters as query


class KeyShape(serializers.Serializer):
    key = serializers.CharField(help_text="For `applicationServerKey`.")


class KeysSerializer(serializers.Serializer):
    p256dh = serializers.CharField()
    auth = serializers.CharField()


class SubscriptionSerializer(serializers.Serializer):
    """As `PushSubscription.toJSON()` gives it, with a name."""

    endpoint = serializers.CharField()
    expirationTime = serializers.FloatField(required=False, allow_null=True)  # noqa: N815
    keys = KeysSerializer()
    name = LineField(max_length=MAX_NAME, default="A browser", help_text="What to call it.")


class WebPushView(APIView):
    change_needs = Role.VIEWER

    @extend_schema(
        operation_id="web_push_key",
        summary="The key a browser subscribes to",
        tags=["Notifications"],
        responses=KeyShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, ())
        return Response({"key": vapid.public_key()})

    @extend_schema(
        operation_id="web_push_subscribe",
        summary="Have a browser be told",
        description="The same browser again changes its channel. DELETE the channel to end it.",
        tags=["Notifications"],
        request=SubscriptionSerializer,
        responses={200: ChannelShape, 201: ChannelShape},
    )
    def post(self, request: Request) -> Response:
        sent = SubscriptionSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        given = sent.validated_data
        secrets = {"endpoint": given["endpoint"], **given["keys"]}
        if wrong := complaints(web_push.FIELDS, secrets):
            raise ValidationError({name: [said] for name, said in wrong.items()})
        there = _channel_of(request.user, given["endpoint"])
        if there is not None:
            there = change.change(there, {"secrets": secrets, "enabled": True})
            changed()
            return Response(shown(there))
        facts = {
            "name": _free_name(request.user, given["name"]),
            "kind": Kind.WEB_PUSH,
            "settings": {"browser": given["name"]},
            "secrets": secrets,
        }
        made = created(facts, request.user.pk)
        changed()
        return Response(shown(made), status=201)


def _own(user: Any) -> list[Channel]:
    found = Channel.objects.visible_to(EVERYTHING).filter(owner_id=user.pk or 0)
    return list(found.select_related("owner"))


def _channel_of(user: User, endpoint: str) -> Channel | None:
    """Of the few a person has; the address is sealed, so the database cannot find it."""
    for each in _own(user):
        try:
            if each.kind == Kind.WEB_PUSH and each.secrets().get("endpoint") == endpoint:
                return each
        except Unreadable:
            continue
    return None


def _free_name(user: User, wanted: str) -> str:
    """The name, with a number where the person has one of that name already."""
    taken = {each.name for each in _own(user)}
    names = (wanted if n == 1 else f"{wanted[: MAX_NAME - 4]} {n}" for n in range(1, 1_000))
    return next((name for name in names if name not in taken), wanted)
