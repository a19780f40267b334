"""A view that answers tables in every format."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from rest_framework.response import Response

from telemetry.api.history_view import HistoryView
from telemetry.api.json_answer import SpokenJSON
from telemetry.export.formats import FORMATS
from telemetry.export.negotiation import RENDERERS, TableNegotiation


class TableView(HistoryView):
    """Asks `formats.wanted`, and answers with `answer.streamed`, or with JSON of its own."""

    renderer_classes = RENDERERS
    content_negotiation_class = TableNegotiation

    def handle_exception(self, exc: Exception) -> Response:
        """Errors are JSON whatever was asked for."""
        self.request.accepted_renderer = SpokenJSON()
        self.request.accepted_media_type = SpokenJSON.media_type
        return super().handle_exception(exc)


def responses(shape: Any) -> dict[tuple[int, str], Any]:
    """For the OpenAPI schema: JSON of this shape, or a file."""
    files = {
        (200, of.media_types[0]): OpenApiTypes.STR
        if name in ("csv", "ndjson")
        else OpenApiTypes.BINARY
        for name, of in FORMATS.items()
        if name != "json"
    }
    return {(200, "application/json"): shape, **files}
