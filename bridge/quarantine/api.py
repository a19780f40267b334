"""REST: replay what is in quarantine, and register the devices that sent it."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import check_named, check_site, checked
from access.roles import Role
from access.scope import Scope
from bridge import listening
from bridge.commit import beside
from bridge.decode import Decoder
from bridge.decode.items import Reason, Telemetry
from bridge.mqtt.properties import safe_text
from bridge.quarantine import noted
from bridge.quarantine.decoded import decoded
from bridge.quarantine.replay import MAX_REPLAY, Replay, Summary
from bridge.quarantine.selection import Selection
from devices import clock
from devices.api.conflict import Conflict, refused_as
from devices.api.errors import DatabaseAway
from devices.api.serializers import DeviceSerializer, NewDeviceSerializer
from telemetry.api import parameters as query
from telemetry.api.moment import MomentField
from telemetry.models import QuarantinedMessage
from telemetry.moments import to_ms
from telemetry.quarantine import Unregistered, unregistered
from telemetry.storage import errors

logger = logging.getLogger(__name__)

REPLAY_STOPPED = "The database failed; what was replayed until then stays. Send it again."
MAX_UNREGISTERED = 200  # senders of one answer
MAX_METRICS = 100  # names shown of one message
SAMPLE = 512  # bytes shown of a payload


class SelectionSerializer(serializers.Serializer):
    """Which messages; what is not given does not narrow."""

    uid = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=64,
        help_text="Empty for messages that name no device.",
    )
    reason = serializers.ChoiceField(required=False, choices=[each.value for each in Reason])

    def get_fields(self) -> dict[str, serializers.Field]:
        # Here because `from` is a keyword of the language.
        window = {"from": MomentField(required=False), "to": MomentField(required=False)}
        return super().get_fields() | window

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        unknown = sorted(set(self.initial_data) - set(self.fields))
        if unknown:
            raise ValidationError({name: ["There is no such filter."] for name in unknown})
        return attrs


class SummaryShape(serializers.Serializer):
    """`replayed = stored + partial + still_bad + cut`."""

    replayed = serializers.IntegerField(help_text="Messages that were tried.")
    stored = serializers.IntegerField(help_text="Stored whole, and gone from quarantine.")
    partial = serializers.IntegerField(help_text="Good values stored; it stays for the others.")
    still_bad = serializers.IntegerField(help_text="They stay, with the reason they have now.")
    cut = serializers.IntegerField(help_text="Not kept whole, so they cannot be replayed.")
    readings = serializers.IntegerField(help_text="New readings.")
    more = serializers.BooleanField(help_text="Messages are left to try: send it again.")


class UnregisteredDeviceShape(serializers.Serializer):
    uid = serializers.CharField()
    messages = serializers.IntegerField(help_text="Messages in quarantine.")
    first_seen = serializers.IntegerField(help_text="Unix milliseconds.")
    last_seen = serializers.IntegerField(help_text="Unix milliseconds.")
    reasons = serializers.DictField(child=serializers.IntegerField())
    metrics = serializers.ListField(
        child=serializers.CharField(), help_text="Names in its last telemetry message."
    )
    sample = serializers.CharField(help_text="That message's payload as text, cut.")


class UnregisteredShape(serializers.Serializer):
    now = serializers.IntegerField(help_text="Unix milliseconds.")
    total = serializers.IntegerField(help_text="Senders, also those beyond the limit.")
    next = serializers.CharField(help_text="Send it as `after` for more.", allow_null=True)
    unregistered = UnregisteredDeviceShape(many=True)


class NewcomerSerializer(NewDeviceSerializer):
    """Facts of the device, all optional; its uid is in the address."""

    class Meta(NewDeviceSerializer.Meta):
        read_only_fields = [*NewDeviceSerializer.Meta.read_only_fields, "uid"]


class RegisteredShape(serializers.Serializer):
    device = DeviceSerializer()
    token = serializers.CharField(help_text="Shown once.")
    replay = SummaryShape()


class ReplayOneView(APIView):
    change_needs = Role.OPERATOR

    @extend_schema(
        operation_id="quarantine_replay_one",
        summary="Replay one quarantined message",
        tags=["Pipeline"],
        request=None,
        responses=SummaryShape,
    )
    def post(self, request: Request, message_id: int) -> Response:
        visible = QuarantinedMessage.objects.visible_to(Scope.seen_by(request))
        checked(request, get_object_or_404(visible.only("id"), pk=message_id))
        selection = Selection(id=message_id, scope=Scope.of(request))
        return Response(replayed(selection, request.user))


class ReplayView(APIView):
    change_needs = Role.OPERATOR

    @extend_schema(
        operation_id="quarantine_replay",
        summary="Replay quarantined messages",
        description=f"Oldest first, at most {MAX_REPLAY}; `more` says whether some are left.",
        tags=["Pipeline"],
        request=SelectionSerializer,
        responses=SummaryShape,
    )
    def post(self, request: Request) -> Response:
        wanted = SelectionSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = dict(wanted.validated_data)
        if uid := given.get("uid"):
            check_named(request, QuarantinedMessage, uid=uid)
        since, until = given.pop("from", None), given.pop("to", None)
        selection = Selection(**given, since=since, until=until, scope=Scope.of(request))
        return Response(replayed(selection, request.user))


class UnregisteredView(APIView):
    @extend_schema(
        operation_id="unregistered",
        summary="List senders that no device is registered for",
        description=f"From what is in quarantine, last heard first, at most {MAX_UNREGISTERED}.",
        tags=["Pipeline"],
        parameters=[
            query.described(
                "after",
                "In the order of uids, those after this one. Empty begins; then send each `next`.",
            )
        ],
        responses=UnregisteredShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, {"after"})
        after = query.text(request, "after") if "after" in request.query_params else None
        page = unregistered(Scope.of(request), MAX_UNREGISTERED, after)
        decoder = listening.decoder(beside.load())
        senders = [_sender(each, decoder) for each in page.senders]
        facts = {"now": clock.now_ms(), "total": page.total, "next": page.next}
        return Response({**facts, "unregistered": senders})


class RegisterView(APIView):
    @extend_schema(
        operation_id="unregistered_register",
        summary="Register a sender and replay its messages",
        description="The answer holds the device's token, this once.",
        tags=["Pipeline"],
        request=NewcomerSerializer,
        responses={201: RegisteredShape},
    )
    def post(self, request: Request, uid: str) -> Response:
        if not Scope.seen_by(request).sees_site(
            None
        ):  # where a sender nobody has registered stands
            raise Http404
        check_site(request, None)
        if not isinstance(request.data, dict):
            raise ValidationError({"detail": "Send an object."})
        new = NewDeviceSerializer(data={**request.data, "uid": uid}, context={"request": request})
        new.is_valid(raise_exception=True)
        with refused_as(Conflict()):
            device = new.save()
        facts = dict(new.data)
        token = facts.pop("token")
        replay = replayed_of_new(Selection(uid=device.uid, scope=Scope.of(request)), request.user)
        return Response({"device": facts, "token": token, "replay": replay}, status=201)


def replayed(selection: Selection, by: Any) -> dict[str, Any]:
    """What became of the messages, as REST tells it. Raises `DatabaseAway`."""
    try:
        summary = Replay(selection, most=MAX_REPLAY).run()
    except errors.ERRORS as exc:
        errors.reset_connection()
        raise DatabaseAway(REPLAY_STOPPED) from exc
    noted.note(selection, summary, by)
    return asdict(summary)


def replayed_of_new(selection: Selection, by: Any) -> dict[str, Any]:
    """The same, where devices were registered just now: that is done, with a token that is shown
    once, also when the database fails at the replay. Then `more` says that messages are left."""
    try:
        return replayed(selection, by)
    except DatabaseAway:
        logger.warning("not replayed", exc_info=True, extra={"action": "replay_stopped"})
        return asdict(Summary(more=True))


def _sender(found: Unregistered, decoder: Decoder) -> dict[str, Any]:
    kept = found.sample
    message, items = decoded(kept, decoder)
    metrics: dict[str, None] = {}
    for item in items:
        if isinstance(item, Telemetry) and item.uid == found.uid:
            for sample in item.samples:
                metrics |= dict.fromkeys(sample.values)
    return {
        "uid": found.uid,
        "messages": found.messages,
        "first_seen": to_ms(found.first_seen),
        "last_seen": to_ms(found.last_seen),
        "reasons": found.reasons,
        "metrics": list(metrics)[:MAX_METRICS],
        "sample": safe_text(message.payload[:SAMPLE]),
    }
