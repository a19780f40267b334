"""Read a request body as JSON. Its size is bounded by DATA_UPLOAD_MAX_MEMORY_SIZE."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class BoundedJSONParser(JSONParser):
    """Answers a deeply nested body with 400; a recursion error is no ValueError, so DRF's own
    parser answers with 500."""

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            asked = super().parse(stream, media_type, parser_context)
        except RecursionError as exc:
            raise ParseError("JSON parse error - nested too deep") from exc
        if parser_context is not None:
            # For the audit log: the stream can be read once only.
            parser_context["request"]._request.asked = asked
        return asked
