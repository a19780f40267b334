"""JSON as the API answers it; what it refuses, in the language that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language
from rest_framework.renderers import JSONRenderer

from telemetry.series.recognised import all_recognised

AS_IT_IS = ("now",)  # of a conflict: what somebody wrote


class SpokenJSON(JSONRenderer):
    """Here and not where each is raised: many refusals are of pure code, that knows no reader. Who
    asks for no language gets English."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        response = (renderer_context or {}).get("response")
        if response is not None and response.status_code >= 400:
            data = _spoken(data)
        rendered: bytes = super().render(data, accepted_media_type, renderer_context)
        let_go(renderer_context)
        return rendered


def let_go(context: Mapping[str, Any] | None) -> None:
    """Have the answer that was rendered in this context be gone once it is sent. DRF's view and
    context hold it, and it holds them: megabytes that only a collection would find."""
    if isinstance(context, dict) and context.pop("response", None) is not None:
        context["view"].response = None


def _spoken(data: Any) -> Any:
    language = get_language()
    if not isinstance(data, Mapping):
        return all_recognised(language, data)
    return {
        name: each if name in AS_IT_IS else all_recognised(language, each)
        for name, each in data.items()
    }
