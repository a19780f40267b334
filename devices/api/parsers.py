"""Read a request body as JSON. Its size is bounded by DATA_UPLOAD_MAX_MEMORY_SIZE."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import JSONParser

from devices.metadata import can_be_stored

MAX_NUMBER = 2**1023  # a larger whole number is no float
BAD_TEXT = "A text holds a NUL or half a surrogate pair, which the database cannot hold."
BAD_NUMBER = "A number is not finite, or too large."


class BoundedJSONParser(JSONParser):
    """Answers a deeply nested body with 400; a recursion error is no ValueError, so DRF's own
    parser answers with 500. So it does with what JSON can write and neither Postgres nor a float
    can hold, wherever in the body it stands."""

    checks_values = True

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
        if self.checks_values:
            _check(asked)
        if parser_context is not None:
            # For the audit log: the stream can be read once only.
            parser_context["request"]._request.asked = asked
        return asked


class ForeignJSONParser(BoundedJSONParser):
    """For views that answer in another program's form, also that a name is none."""

    checks_values = False


def _check(asked: Any) -> None:
    """Raises `ValidationError`, by the outermost name of an object."""
    if not isinstance(asked, dict):
        if said := _wrong(asked):
            raise ParseError(said)
        return
    for name, value in asked.items():
        if said := _wrong(name):
            raise ParseError(said)
        if said := _wrong(value):
            raise ValidationError({name: [said]})


def _wrong(value: Any) -> str:
    """A loop: recursion would hit Python's own limit."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, dict):
            pending += each.keys()
            pending += each.values()
        elif isinstance(each, list):
            pending += each
        elif isinstance(each, str):
            if not can_be_stored(each):
                return BAD_TEXT
        elif isinstance(each, float):
            if not math.isfinite(each):
                return BAD_NUMBER
        elif isinstance(each, int) and not -MAX_NUMBER <= each <= MAX_NUMBER:
            return BAD_NUMBER
    return ""
