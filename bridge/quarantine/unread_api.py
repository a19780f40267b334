"""REST: topics that nobody reads, with what was probably meant."""

from __future__ import annotations

from typing import Any

from django.db.models.functions import Lower
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.scope import Scope
from bridge import listening
from bridge.commit import beside
from bridge.decode.conventions import unread
from bridge.models import IgnoredMessages
from devices import clock
from devices.models import Device
from telemetry.api import parameters as query
from telemetry.moments import to_ms

MAX_SHOWN = 200  # topics of one answer


class UnreadTopicShape(serializers.Serializer):
    topic = serializers.CharField()
    messages = serializers.IntegerField()
    first_seen = serializers.IntegerField(help_text="Unix milliseconds.")
    last_seen = serializers.IntegerField(help_text="Unix milliseconds.")
    uid = serializers.CharField(help_text="The device it is probably of; empty if none shows.")
    advice = serializers.CharField(help_text="What to do.")


class UnreadTopicsShape(serializers.Serializer):
    now = serializers.IntegerField(help_text="Unix milliseconds.")
    total = serializers.IntegerField(help_text="Topics, also those beyond the limit.")
    messages = serializers.IntegerField(help_text="Messages of all of them.")
    topics = UnreadTopicShape(many=True)


class UnreadTopicsView(APIView):
    @extend_schema(
        operation_id="unread_topics",
        summary="List topics that nobody reads",
        description=(
            "Mistyped ones, most of them. The bridge listens where people err, not everywhere."
            f" Last heard first, at most {MAX_SHOWN}; the first {unread.KEPT} messages of each are"
            " in quarantine. What a rule or convention reads by now is left out."
        ),
        tags=["Pipeline"],
        responses=UnreadTopicsShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, ())
        visible = IgnoredMessages.objects.visible_to(Scope.of(request))
        found = visible.filter(reason=unread.UNREAD).order_by("-last_at", "subject")
        unread_now = _still_unread(list(found))
        named = [each for each in unread_now if each.subject]
        return Response(
            {
                "now": clock.now_ms(),
                "total": len(named),
                "messages": sum(each.messages for each in unread_now),
                "topics": _shown(named[:MAX_SHOWN], Scope.of(request)),
            }
        )


def _still_unread(found: list[IgnoredMessages]) -> list[IgnoredMessages]:
    """Without those that a rule or convention reads by now. Topics that are counted as one stay:
    they have no names to ask by."""
    if not found:
        return []
    decoder = listening.decoder(beside.load())
    return [each for each in found if not (each.subject and decoder.reads(each.subject))]


def _shown(found: list[IgnoredMessages], scope: Scope) -> list[dict[str, Any]]:
    meant = [unread.meant(each.subject) for each in found]
    registered = _registered({uid for uid, _ in meant if uid}, scope)
    shown = []
    for each, (uid, advice) in zip(found, meant, strict=True):
        device = registered.get(uid, uid)
        shown.append(
            {
                "topic": each.subject,
                "messages": each.messages,
                "first_seen": to_ms(each.first_at),
                "last_seen": to_ms(each.last_at),
                "uid": device,
                "advice": advice.replace(f"/{uid}/", f"/{device}/"),
            }
        )
    return shown


def _registered(typed: set[str], scope: Scope) -> dict[str, str]:
    """The uids that devices have, of those that were typed; where no device has one as it was
    typed, that in other letters, large or small. Who mistypes a topic in capitals has typed all of
    it so."""
    devices = Device.objects.visible_to(scope).annotate(small=Lower("uid"))
    alike = devices.filter(small__in={uid.lower() for uid in typed}).order_by("uid")
    uids = list(alike.values_list("uid", flat=True))
    by_small = {uid.lower(): uid for uid in uids}
    return {uid: by_small[uid.lower()] for uid in typed - {*uids} if uid.lower() in by_small}
