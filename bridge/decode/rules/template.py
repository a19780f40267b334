"""Names put together: `{line}.{key}`, `{$.gateway.id}-{@.port}`. Pure.

`{name}` is a capture of the topic, `{1}` what the first wildcard of a path stands for, `{key}` the
name a value has by itself, `{$…}` and `{@…}` what stands at a path. Nothing is computed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from bridge.decode.rules.json_path import Path
from bridge.decode.rules.problems import Budget

MAX_TEMPLATE = 300  # characters
MAX_EXPANDED = 1_000  # characters of what comes out; longer is cut
MAX_BITS = 2_000  # of an integer; longer ones take Python long to write

_HOLE = re.compile(r"\{([^{}]*)\}")
_NUMBERED = re.compile(r"[1-9][0-9]?")


class Place(NamedTuple):
    """Where a template is filled in."""

    captures: Mapping[str, str]
    document: Any
    record: Any
    budget: Budget
    names: tuple[str, ...] = ()  # of wildcards
    key: str = ""


class Template:
    __slots__ = ("_pieces", "paths", "text")

    def __init__(
        self, text: str, captures: Collection[str], *, wildcards: int = 0, key: bool = False
    ) -> None:
        """`captures`: of the topic; `wildcards`: of the path; `key`: whether there is one. Raises
        `ValueError` with a sentence for whoever wrote it."""
        if len(text) > MAX_TEMPLATE:
            raise ValueError(f"At most {MAX_TEMPLATE} characters.")
        self.text = text
        # Texts at even places, what stands in braces at odd ones.
        self._pieces: list[str | int | Path] = []
        for at, piece in enumerate(_HOLE.split(text)):
            if at % 2 == 0:
                if "{" in piece or "}" in piece:
                    raise ValueError("A brace stands alone.")
                self._pieces.append(piece)
            elif piece.startswith(("$", "@")):
                self._pieces.append(Path(piece))
            elif _NUMBERED.fullmatch(piece):
                if int(piece) > wildcards:
                    raise ValueError(f"{{{piece}}}: the path has {wildcards} wildcards.")
                self._pieces.append(int(piece) - 1)
            elif piece in captures or (key and piece == "key"):
                self._pieces.append(piece)
            else:
                there = ", ".join(f"{{{each}}}" for each in captures) or "nothing"
                raise ValueError(f"{{{piece[:40]}}} is unknown: the topic captures {there}.")
        self.paths = [each for each in self._pieces if isinstance(each, Path)]

    def fill(self, place: Place) -> str | None:
        """The text; None when something in it is missing or is no plain value. Raises `Undecodable`
        when looking takes too many steps."""
        filled = []
        for at, piece in enumerate(self._pieces):
            text: str | None
            if isinstance(piece, Path):
                text = text_of(piece.first(place.document, place.record, place.budget))
            elif isinstance(piece, int):
                text = place.names[piece] if piece < len(place.names) else None
            elif at % 2 == 0:
                text = piece
            else:
                text = place.key if piece == "key" else place.captures.get(piece)
            if text is None or (at % 2 and not text):
                return None
            filled.append(text)
        return "".join(filled)[:MAX_EXPANDED]


def text_of(value: Any) -> str | None:
    """A plain value as text, as JSON would write it; None of objects, arrays and null."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value.bit_length() <= MAX_BITS else None
    if isinstance(value, float):
        return str(value) if math.isfinite(value) else None
    return None
