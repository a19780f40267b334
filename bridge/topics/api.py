"""REST: the topics that flow now, and why one is read as it is.

A topic stands at no site: this is for who sees every site.
"""

from __future__ import annotations

import base64
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import ForEverySite
from access.scope import Scope
from bridge import listening
from bridge.commit import beside
from bridge.message import Message
from bridge.mqtt.properties import safe_text
from bridge.topics.explanation import explained
from devices import clock
from devices.api.errors import RedisAway
from telemetry.api import parameters as query
from telemetry.live import traffic_log

MAX_SHOWN = 2_000  # topics of one answer
SHOWN_PAYLOAD = 300  # characters of a payload in the list
TRAFFIC_AWAY = "What flows now is kept in Redis, which does not answer. Try again in a moment."


class TopicShape(serializers.Serializer):
    topic = serializers.CharField(help_text='"": all topics beyond the limit, together.')
    messages = serializers.IntegerField(help_text="Since somebody looks.")
    since = serializers.IntegerField(help_text="Unix milliseconds of the first of them.")
    at = serializers.IntegerField(help_text="Unix milliseconds of the last.")
    size = serializers.IntegerField(help_text="Bytes of the last payload.")
    payload = serializers.CharField(help_text="The last payload as text, cut.")
    retained = serializers.BooleanField()
    verdict = serializers.CharField(help_text="stored, partial, duplicate, ignored or rejected.")
    detail = serializers.CharField()
    uids = serializers.ListField(child=serializers.CharField())


class TopicsShape(serializers.Serializer):
    now = serializers.IntegerField(help_text="Unix milliseconds.")
    total = serializers.IntegerField(help_text="Topics, also those beyond the limit.")
    filters = serializers.ListField(
        child=serializers.CharField(), help_text="What the bridge listens to."
    )
    topics = TopicShape(many=True)


class TopicsView(APIView):
    @extend_schema(
        operation_id="topics_list",
        summary="What flows through the broker now, by topic",
        description=(
            "Asking has the bridges count for ten seconds: the first answers hold little. Ask again"
            f" each second. At most {MAX_SHOWN} topics, in their own order."
        ),
        tags=["Pipeline"],
        responses=TopicsShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, ())
        answer: dict[str, Any] = {"now": clock.now_ms(), "total": 0, "filters": [], "topics": []}
        if not Scope.of(request).sees_site(None):
            return Response(answer)
        try:
            traffic_log.watch()
            found = sorted(traffic_log.read().items())
        except traffic_log.TrafficUnavailable as exc:
            raise RedisAway(TRAFFIC_AWAY) from exc
        filters = [each.filter for each in listening.subscriptions().each]
        shown = [_joined(entries) for _, entries in found[:MAX_SHOWN]]
        return Response({**answer, "total": len(found), "filters": filters, "topics": shown})


class ExplainSerializer(serializers.Serializer):
    topic = serializers.CharField(max_length=400, help_text="One of those that flow now.")


class ExplainView(APIView):
    changes_nothing = True

    permission_classes = (ForEverySite,)

    @extend_schema(
        operation_id="topics_explain",
        summary="Why the last message of a topic is read as it is",
        tags=["Pipeline"],
        request=ExplainSerializer,
        responses=OpenApiTypes.OBJECT,
    )
    def post(self, request: Request) -> Response:
        wanted = ExplainSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        topic = wanted.validated_data["topic"]
        try:
            found = traffic_log.read().get(topic)
        except traffic_log.TrafficUnavailable as exc:
            raise RedisAway(TRAFFIC_AWAY) from exc
        if not found:
            raise NotFound("Nothing came on this topic while somebody looked.")
        last = max(found, key=lambda each: each["at"])
        payload = base64.b64decode(last["payload"])
        retained, at_us = last["retained"], last["at"] * 1_000
        message = Message(topic.encode(), payload, 0, False, retained, b"", at_us)
        said = explained(message, topic, beside.load())
        shown = {"topic": topic, "at": last["at"], "size": last["size"]}
        whole = len(payload) == last["size"]
        return Response({**shown, "payload": safe_text(payload), "whole": whole, **said})


def _joined(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """What several workers told of one topic."""
    last = max(entries, key=lambda each: each["at"])
    return {
        **last,
        "messages": sum(each["messages"] for each in entries),
        "since": min(each["since"] for each in entries),
        "payload": safe_text(base64.b64decode(last["payload"]))[:SHOWN_PAYLOAD],
    }
