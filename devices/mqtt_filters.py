"""The topics a device may use beside its own, at a broker that holds it to them: what another
dialect calls them, and those of the children a gateway speaks for."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError

MAX_FILTERS = 20  # of one device
MAX_FILTER_LENGTH = 200  # characters


def check_filter(text: str) -> None:
    """Raises `ValidationError` for what is no filter, or names topics of anybody."""
    levels = text.split("/")
    if (
        "\0" in text
        or not text
        or "#" in levels[:-1]
        or any(("+" in level or "#" in level) and len(level) > 1 for level in levels)
    ):
        raise ValidationError(f"{text!r} is no topic filter: tele/plug/# is one.")
    if levels[0] in ("+", "#") or levels[0].startswith("$"):
        raise ValidationError(f"{text!r} names topics of anybody. Begin with a word: tele/plug/#.")
    if levels[0] == "devices" and child(text) is None:
        raise ValidationError(f"{text!r} names every device. Name one: devices/child-1/#.")


def child(text: str) -> str | None:
    """The uid of the one device whose own topics these are."""
    levels = text.split("/")
    is_one = len(levels) > 2 and levels[0] == "devices" and levels[1] not in ("+", "#")
    return levels[1] if is_one else None


def children(filters: Iterable[str]) -> set[str]:
    return {uid for each in filters if (uid := child(each))}
