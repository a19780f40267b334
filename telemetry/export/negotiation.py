"""Which format a request asks for: `format=` before `Accept`, as DRF has it, but a mistake is told.

DRF answers 404 to a `format` it does not have, and 406 to an `Accept` without saying what there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from telemetry.api import parameters as query
from telemetry.api.readings_json import ReadingsJSON
from telemetry.export.formats import FORMATS


class _Streamed(BaseRenderer):
    """Stands for a format in the negotiation; the view streams the answer itself."""

    charset = None
    render_style = "binary"

    def render(self, *_: Any) -> bytes:
        raise AssertionError("a table is streamed, and an error is JSON")


def _renderers() -> list[type[BaseRenderer]]:
    return [
        type(f"{name.title()}Streamed", (_Streamed,), {"format": name, "media_type": media_type})
        for name, of in FORMATS.items()
        if name != "json"
        for media_type in of.media_types
    ]


RENDERERS: list[type[BaseRenderer]] = [ReadingsJSON, *_renderers()]


class TableNegotiation(DefaultContentNegotiation):
    def filter_renderers(
        self,
        renderers: Sequence[BaseRenderer],
        format: str,  # noqa: A002  (DRF's name)
    ) -> list[BaseRenderer]:
        found = [renderer for renderer in renderers if renderer.format == format]
        if not found:
            query.refuse("format", f"Write one of {', '.join(FORMATS)}.")
        return found

    def select_renderer(
        self,
        request: Request,
        renderers: Sequence[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        try:
            # `format` is a wish for a file, which no header of a browser takes back.
            if wish := request.query_params.get("format"):
                renderer = self.filter_renderers(renderers, wish)[0]
                return renderer, renderer.media_type
            chosen: tuple[BaseRenderer, str] = super().select_renderer(
                request, renderers, format_suffix
            )
        except NotAcceptable:
            there = ", ".join(of.media_types[0] for of in FORMATS.values())
            raise NotAcceptable(f"There is {there}.") from None
        return chosen
