"""JSON of many numbers, compiled: DRF's takes longer than the query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from telemetry.api.json_answer import SpokenJSON, let_go


class ReadingsJSON(SpokenJSON):
    """For plain dicts, lists, texts and numbers; errors are DRF's."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        response = (renderer_context or {}).get("response")
        if response is None or response.status_code >= 400:
            rendered: bytes = super().render(data, accepted_media_type, renderer_context)
            return rendered
        encoded = msgspec.json.encode(data)
        let_go(renderer_context)
        return encoded
