"""A sentence that was said, in the language of who reads it: the request's, otherwise English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import translation
from django.utils.formats import get_format

from telemetry.series.said import Numeral, Said, fill, read


def worded(form: Mapping[str, Any] | None, text: str) -> str:
    """`form` as `said.form_of` gave it; without one the text as it was written."""
    return in_words(read(form, text))


def in_words(value: Any) -> str:
    """`Said` and what may be a value of it."""
    if isinstance(value, Said):
        known = {name: in_words(each) for name, each in value.values.items()}
        return fill(translation.gettext(value.of), known)
    if isinstance(value, tuple):
        return ", ".join(map(in_words, value))
    if isinstance(value, Numeral):
        return value.replace(".", get_format("DECIMAL_SEPARATOR"))
    return str(value)
