"""A sentence that was said, in the language of who reads it: the request's, otherwise English."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.formats import get_format

from telemetry.series.said import Numeral, Said, fill, read

_catalogues: list[Callable[[], None]] = []  # that nobody has needed yet


def load_when_spoken(load: Callable[[], None]) -> None:
    """`load` is called before the first text of another language than English."""
    _catalogues.append(load)


@contextmanager
def spoken(language: str) -> Iterator[None]:
    """Texts are in this language within, or in English where it is ""."""
    if language not in ("", settings.LANGUAGE_CODE):
        while _catalogues:
            _catalogues.pop()()
    with translation.override(language or settings.LANGUAGE_CODE):
        yield


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
