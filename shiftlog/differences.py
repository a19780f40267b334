"""What differs between two forms of a thing, in few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAX_SAID = 80  # characters of two values that are said in the text; of longer ones only the field

Changed = dict[str, list[Any]]  # from what to what, by field


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changed:
    """Of two forms."""
    names = sorted({*before, *after})
    pairs = {name: [before.get(name), after.get(name)] for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def in_words(fields: Mapping[str, Any]) -> str:
    """`: name a → b, notes`, for the end of a sentence; empty of nothing."""
    said = [_field(name, value) for name, value in sorted(fields.items())]
    return ": " + ", ".join(said) if said else ""


def _field(name: str, value: Any) -> str:
    word = name.replace("_", " ")
    if isinstance(value, list) and len(value) == 2 and not any(map(_is_deep, value)):
        before, after = map(_short, value)
        if len(before) + len(after) <= MAX_SAID:
            return f"{word} {before} → {after}"
    return word


def _is_deep(value: Any) -> bool:
    inner = value if isinstance(value, list) else [value]
    return any(isinstance(each, dict | list) for each in inner)


def _short(value: Any) -> str:
    if value in (None, "", [], {}):
        return "–"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
