"""`GET devices/{uid}/messages/`: what a device sent last and what became of it."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.scope import Scope
from devices import clock
from devices.api.errors import RedisAway
from devices.models import Device
from telemetry.api import parameters as query
from telemetry.api.pipeline_shapes import MessagesShape
from telemetry.live import message_log

LOG_AWAY = "The log of recent messages is in Redis, which does not answer."


class MessagesView(APIView):
    """The last messages of a device, newest first; at high rates a sample of those stored."""

    @extend_schema(operation_id="device_messages", tags=["Readings"], responses=MessagesShape)
    def get(self, request: Request, uid: str) -> Response:
        query.known(request, ())
        device = get_object_or_404(Device.objects.visible_to(Scope.of(request)), uid=uid)
        try:
            messages = message_log.recent(device.uid)
        except message_log.LogUnavailable as exc:
            raise RedisAway(LOG_AWAY) from exc
        return Response({"now": clock.now_ms(), "messages": messages})
