"""What may stand in a device's free-form fields: its metadata and its tags.

Raises Django's `ValidationError`, which both the admin's forms and the REST fields show.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError

from devices.models import MAX_TAG_LENGTH, MAX_TAGS
from devices.thresholds import thresholds_of

MAX_METADATA_BYTES = 16 * 1024  # bytes of metadata written as compact JSON
MAX_METADATA_DEPTH = 8  # levels of objects and arrays, the outermost counted


def can_be_stored(text: str) -> bool:
    """Whether Postgres can hold it: no NUL, no half of a surrogate pair."""
    return "\0" not in text and (text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text))


def validate_metadata(value: Any) -> None:
    """Metadata is a JSON object that Postgres can hold, of bounded size and depth."""
    validate_object(value, "Metadata", 'Metadata is a JSON object, such as {"firmware": "1.4"}.')
    thresholds_of(value)


def validate_object(value: Any, name: str, shape: str) -> None:
    """The same of any object somebody writes; `name` and `shape` are what is said of a mistake."""
    if not isinstance(value, dict):
        raise ValidationError(shape)
    pending: list[tuple[Any, int]] = [(value, 1)]
    while pending:  # a loop: recursion would hit Python's own limit before ours is told
        item, depth = pending.pop()
        if isinstance(item, dict | list) and depth > MAX_METADATA_DEPTH:
            raise ValidationError(
                f"{name} is nested more than {MAX_METADATA_DEPTH} levels deep.", code="depth"
            )
        if isinstance(item, dict):
            for key in item:
                _check_scalar(key, name)
            pending += [(child, depth + 1) for child in item.values()]
        elif isinstance(item, list):
            pending += [(child, depth + 1) for child in item]
        else:
            _check_scalar(item, name)
    size = len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
    if size > MAX_METADATA_BYTES:
        raise ValidationError(
            f"{name} is {size} bytes as JSON; at most {MAX_METADATA_BYTES} are kept.", code="size"
        )


def _check_scalar(value: Any, name: str) -> None:
    if isinstance(value, str) and "\x00" in value:
        raise ValidationError(f"{name} holds a NUL character (\\u0000).", code="nul")
    if isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value):
        raise ValidationError(f"{name} holds half a surrogate pair.", code="surrogate")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValidationError(f"{name} holds a number that is not finite.", code="not_finite")


def normalised_tags(tags: Iterable[str]) -> list[str]:
    """Lower case, trimmed, inner whitespace single, each once, in the order given.

    Filters compare tags exactly, so "Roof" and "roof " must not be two tags.
    """
    kept: dict[str, None] = {}
    for tag in tags:
        word = " ".join(tag.split()).lower()
        if not word:
            raise ValidationError("A tag is empty.", code="empty")
        if "," in word:
            raise ValidationError(f"The tag {word!r} holds a comma.", code="comma")
        if len(word) > MAX_TAG_LENGTH:
            raise ValidationError(
                f"The tag {word[:MAX_TAG_LENGTH]}… is longer than {MAX_TAG_LENGTH} characters.",
                code="length",
            )
        kept[word] = None
    if len(kept) > MAX_TAGS:
        raise ValidationError(f"More than {MAX_TAGS} tags.", code="count")
    return list(kept)
