"""REST: channels, which kinds there are, and the test button.

A shared channel is for who sees every site. One's own are one's own: nobody else finds them.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import Needs, for_change, own_id
from access.roles import Role
from access.scope import EVERYTHING, Scope
from devices import clock
from devices.api.conflict import refused_as
from notifications import change
from notifications.api.channel_shapes import (
    ChannelSerializer,
    ChannelShape,
    ChannelsShape,
    DeliveryShape,
    KindsShape,
    delivery_shown,
    shown,
)
from notifications.api.fields import changed
from notifications.api.noted import Noted
from notifications.channels.ways import WAYS
from notifications.models import Channel, Kind
from notifications.trial import trial
from shiftlog.models import Kind as LogKind
from telemetry.api import parameters as query
from telemetry.series.said import marked

NAME_TAKEN = "Another channel has this name."


class ChannelsView(APIView):
    change_needs = Role.VIEWER

    @extend_schema(
        operation_id="channels_list",
        summary="List the channels one may use",
        tags=["Notifications"],
        responses=ChannelsShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, ())
        found = [shown(each) for each in seen(request)]
        return Response({"now": clock.now_ms(), "channels": found})

    @extend_schema(
        operation_id="channels_create",
        summary="Add a channel",
        tags=["Notifications"],
        request=ChannelSerializer,
        responses={201: ChannelShape},
    )
    def post(self, request: Request) -> Response:
        new = ChannelSerializer(data=request.data)
        new.is_valid(raise_exception=True)
        if new.validated_data["shared"]:
            _may_share(request)
        owner = None if new.validated_data["shared"] else request.user.pk
        with transaction.atomic():
            channel = created(new.validated_data, owner)
            _note(channel, None, _form(channel), request)
            changed()
        return Response(shown(channel), status=201)


class ChannelView(APIView):
    change_needs = Role.VIEWER

    @extend_schema(
        operation_id="channels_get",
        summary="One channel",
        tags=["Notifications"],
        responses=ChannelShape,
    )
    def get(self, request: Request, channel_id: int) -> Response:
        query.known(request, ())
        return Response(shown(_channel(request, channel_id)))

    @extend_schema(
        operation_id="channels_change",
        summary="Change a channel",
        description="What waits for one that is disabled is withdrawn.",
        tags=["Notifications"],
        request=ChannelSerializer,
        responses=ChannelShape,
    )
    @transaction.atomic
    def patch(self, request: Request, channel_id: int) -> Response:
        channel = _channel(request, channel_id, lock=True)
        sent = ChannelSerializer(channel, data=request.data, partial=True)
        sent.is_valid(raise_exception=True)
        with refused_as(ValidationError({"name": [NAME_TAKEN]})):
            before = _form(channel)
            channel = change.change(channel, sent.validated_data)
            _note(channel, before, _form(channel), request)
            changed()
        return Response(shown(channel))

    @extend_schema(
        operation_id="channels_delete",
        summary="Delete a channel",
        description="What waits for it is withdrawn; its delivery log stays.",
        tags=["Notifications"],
        responses={204: None},
    )
    @transaction.atomic
    def delete(self, request: Request, channel_id: int) -> Response:
        channel = _channel(request, channel_id, lock=True)
        _note(channel, _form(channel), None, request)
        change.delete(channel)
        changed()
        return Response(status=204)


class TestView(APIView):
    change_needs = Role.VIEWER

    @extend_schema(
        operation_id="channels_test",
        summary="Send a test on a channel now",
        description="Answers with what the other side said, or that it did not within its time.",
        tags=["Notifications"],
        request=None,
        responses=DeliveryShape,
    )
    def post(self, request: Request, channel_id: int) -> Response:
        delivery = trial(_channel(request, channel_id), request.user.pk)
        if delivery is None:
            raise NotFound
        changed()
        return Response(delivery_shown(delivery))


class KindsView(APIView):
    @extend_schema(
        operation_id="channels_kinds",
        summary="Which kinds of channels there are, and what each has to be told",
        tags=["Notifications"],
        responses=KindsShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, ())
        return Response({"kinds": [_kind(Kind(kind)) for kind in WAYS]})


def seen(request: Request) -> QuerySet[Channel]:
    """The shared ones as far as the scope goes, and one's own."""
    shared = Channel.objects.visible_to(Scope.of(request)).filter(owner=None)
    own = Channel.objects.visible_to(EVERYTHING).filter(owner_id=own_id(request))
    return (shared | own).select_related("owner")


def created(given: dict[str, Any], owner_id: int | None) -> Channel:
    try:
        with refused_as(ValidationError({"name": [NAME_TAKEN]})):
            return change.create(given, owner_id)
    except change.TooManyChannels as exc:
        raise ValidationError({"detail": str(exc)}) from exc


def _form(channel: Channel) -> dict[str, Any]:
    """What people set, without secrets."""
    return {
        "name": channel.name,
        "kind": str(channel.kind),
        "enabled": channel.enabled,
        "minimum": channel.minimum,
        "settings": channel.settings,
    }


NOTED = Noted(LogKind.CHANNEL_CHANGED, marked("The channel {name}"), _form)


def _note(channel: Channel, before: Any, after: Any, request: Request) -> None:
    """One's own is nobody else's."""
    if channel.owner_id is None:
        NOTED.note(channel, before, after, request)


def _channel(request: Request, channel_id: int, *, lock: bool = False) -> Channel:
    """`lock`: until the transaction ends."""
    rows = for_change(request, seen(request)) if lock else seen(request)
    channel = get_object_or_404(rows, pk=channel_id)
    if channel.owner_id is None and request.method not in SAFE_METHODS:
        _may_share(request)
    return channel


def _may_share(request: Request) -> None:
    """A shared channel is no matter of one's own."""
    if not Scope.of(request).may_administer(None):
        raise Needs(Role.ADMINISTRATOR, "for every site")


def _kind(kind: Kind) -> dict[str, Any]:
    fields = [
        {
            "name": each.name,
            "help": each.help,
            "secret": each.secret,
            "required": each.default is None,
            "default": each.default or "",
        }
        for each in WAYS[kind].FIELDS
    ]
    return {"kind": kind.value, "label": kind.label, "fields": fields}
