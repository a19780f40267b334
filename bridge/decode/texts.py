"""Words, objects and members of a document that may hold anything. Pure."""

from __future__ import annotations

from typing import Any

from bridge.decode.values import is_storable

MAX_WORD = 200  # characters of a name, a model, a unit, an address


def word(value: Any) -> str:
    """The text, trimmed and cut; "" of whatever is no text, or cannot be stored."""
    return value.strip()[:MAX_WORD] if isinstance(value, str) and is_storable(value) else ""


def objects(value: Any, at_most: int) -> list[dict[str, Any]]:
    """The objects of an array, as many as are read; none of whatever is no array."""
    found = value[:at_most] if isinstance(value, list) else []
    return [each for each in found if isinstance(each, dict)]


def members(value: Any) -> dict[str, Any]:
    """The members of an object; none of whatever is no object."""
    return value if isinstance(value, dict) else {}


def within(document: Any, *levels: str) -> Any:
    """What stands below these members of objects; None where one of them is missing."""
    for level in levels:
        document = document.get(level) if isinstance(document, dict) else None
    return document
