"""What every view that reads history answers when the read takes too long."""

from __future__ import annotations

from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import APIView

from telemetry.history.read_limit import TooSlow


class ReadTooSlow(APIException):
    """504 and not 503: the same request again would be stopped again."""

    status_code = status.HTTP_504_GATEWAY_TIMEOUT
    default_code = "too_slow"


class HistoryView(APIView):
    """A view of readings, latest values or the fleet."""

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, TooSlow):
            exc = ReadTooSlow(str(exc))
        return super().handle_exception(exc)
