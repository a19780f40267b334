"""Compresses what goes out, for clients that take it."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from telemetry.export.answer import Export


class Compression(GZipMiddleware):
    """All but exports: they chose by themselves."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if isinstance(response, Export):
            return response
        return super().process_response(request, response)
