"""Telemetry over HTTP, for devices that cannot speak MQTT. 200 is said after COMMIT.

What is answered is written down in docs/wire-format.md; no session or API token opens these.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import UnreadablePostError
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bridge import ingest
from bridge.decode.items import Problem, Reason
from bridge.message import MAX_PAYLOAD
from bridge.rate import BURST, RATE, RateLimit

RETRY_AFTER = 5  # seconds a device is asked to wait while the database is away
BAD_TOKEN, TOO_FAST, UNAVAILABLE, UNREADABLE = "bad_token", "too_fast", "unavailable", "unreadable"
STATUS = {
    Reason.TOO_LARGE: 413,
    Reason.DISABLED_DEVICE: 403,
    Reason.UNKNOWN_DEVICE: 401,  # deleted between the check of its token and the commit
}

limit = RateLimit()


class ProblemShape(serializers.Serializer):
    reason = serializers.CharField(help_text="docs/wire-format.md lists them.")
    message = serializers.CharField(help_text="What was found, and where.")


class PartlyStoredShape(serializers.Serializer):
    """Empty when everything was stored."""

    stored = serializers.IntegerField(required=False, help_text="Readings that were stored.")
    problems = ProblemShape(many=True, required=False, help_text="What was left out.")


class AlwaysJson(BaseContentNegotiation):
    """Whatever a small device says that it accepts."""

    def select_renderer(
        self,
        request: Request,  # noqa: ARG002
        renderers: Sequence[BaseRenderer],
        format_suffix: str | None = None,  # noqa: ARG002
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class TelemetryView(APIView):
    """One message of the device whose token it carries."""

    authentication_classes = ()
    permission_classes = ()
    parser_classes = ()  # the body is read as MQTT's payload is, whatever its content type
    content_negotiation_class = AlwaysJson

    def take(self, request: Request, token: str) -> Response:
        try:
            owner = ingest.running().owner(token)
        except ingest.Unavailable:
            return _unavailable()
        if owner is None:
            answer = _refusal(401, BAD_TOKEN, "No device has this token.")
            answer["WWW-Authenticate"] = "Bearer"
            return answer
        device_id, uid = owner
        wait = limit.wait(device_id, time.monotonic())
        if wait:
            answer = _refusal(
                429, TOO_FAST, f"More than {RATE:g} messages a second, or {BURST:g} at once."
            )
            answer["Retry-After"] = str(math.ceil(wait))
            return answer
        try:
            # Beyond what is decoded, so that quarantine knows the size; not without end.
            payload = request._request.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        except UnreadablePostError:
            return _refusal(400, UNREADABLE, "The body ended before its length.")
        try:
            return _answer(ingest.running().take(uid, payload))
        except ingest.Unavailable:
            return _unavailable()


RESPONSES: dict[int, Any] = {
    200: OpenApiResponse(PartlyStoredShape, "Committed; `{}` when nothing was left out."),
    400: OpenApiResponse(ProblemShape, "Nothing of it can be stored; names the first bad element."),
    401: OpenApiResponse(ProblemShape, "No device has this token."),
    403: OpenApiResponse(ProblemShape, "The device is disabled."),
    413: OpenApiResponse(ProblemShape, f"Larger than {MAX_PAYLOAD} bytes."),
    429: OpenApiResponse(ProblemShape, f"Over {RATE:g} messages a second; see Retry-After."),
    503: OpenApiResponse(ProblemShape, "The database is away; nothing was stored. Send again."),
}
AUTH: Any = [{"deviceToken": []}]  # its own type hint is wrong
DESCRIPTION = "Any of the four JSON forms of docs/wire-format.md, as over MQTT."


class BearerTelemetryView(TelemetryView):
    @extend_schema(
        operation_id="ingest",
        summary="Send telemetry",
        description=DESCRIPTION,
        tags=["Ingest"],
        auth=AUTH,
        request={"application/json": {}},
        responses=RESPONSES,
    )
    def post(self, request: Request) -> Response:
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        return self.take(request, token.strip() if scheme.lower() == "bearer" else "")


class PathTelemetryView(TelemetryView):
    @extend_schema(
        operation_id="ingest_by_path",
        summary="Send telemetry, with the token in the address",
        description=DESCRIPTION + " ThingsBoard's form, for devices that cannot set a header.",
        tags=["Ingest"],
        auth=[],
        parameters=[OpenApiParameter("token", str, OpenApiParameter.PATH)],
        request={"application/json": {}},
        responses=RESPONSES,
    )
    def post(self, request: Request, token: str) -> Response:
        return self.take(request, token)


def _answer(outcome: ingest.Outcome) -> Response:
    if outcome.problems and (outcome.rejected or not outcome.readings):
        first = outcome.problems[0]
        return _refusal(STATUS.get(first.reason, 400), first.reason.value, first.detail)
    if outcome.problems:
        shown = [_problem(each) for each in outcome.problems]
        return Response({"stored": outcome.readings, "problems": shown})
    return Response({})


def _problem(problem: Problem) -> dict[str, str]:
    return {"reason": problem.reason.value, "message": problem.detail}


def _refusal(status: int, reason: str, message: str) -> Response:
    return Response({"reason": reason, "message": message}, status=status)


def _unavailable() -> Response:
    answer = _refusal(503, UNAVAILABLE, "The database is away; nothing was stored. Send again.")
    answer["Retry-After"] = str(RETRY_AFTER)
    return answer
