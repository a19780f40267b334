"""An English sentence with values in it, known again and said in another language.

What is refused, or wrong with a message, is said where it is found: by pure code that knows no
reader, kept with the row, and sent to everybody at once. Who reads it knows the language. So the
catalogue has each such sentence with numbered holes, "{1} bytes, over {2}", and this finds which
one a text is. What was kept before there was a catalogue is known again too. A text that is no
sentence of ours stays as it is.

Twin of `dashboard/static/dashboard/js/page/recognised.js`; `telemetry/tests/recognised_cases.json`
binds both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MAX_TEXT = 4_000  # characters; what is longer stays as it is
MAX_DEPTH = 4  # sentences within each other
_HOLE = re.compile(r"\{\d+\}")

_by_language: dict[str, Sentences] = {}


class Sentences:
    """Those of one language: the English one with its holes, and what it is called."""

    def __init__(self, translated: Mapping[str, str]) -> None:
        holed = [(_HOLE.split(text), said) for text, said in translated.items()]
        self._whole = {pieces[0]: said for pieces, said in holed if len(pieces) == 1}
        # What says most by itself comes first: "{1} is no uid of a gateway" before "{1} is no {2}".
        self._holed = sorted(
            (each for each in holed if len(each[0]) > 1),
            key=lambda each: (-sum(map(len, each[0])), each[0]),
        )

    def said(self, text: str, depth: int = 0) -> str:
        """The text in this language, with what stands in its holes; as it is if it is unknown."""
        if len(text) > MAX_TEXT or depth == MAX_DEPTH:
            return text
        if text in self._whole:
            return self._whole[text]
        for pieces, said in self._holed:
            values = _values(pieces, text)
            if values is not None:
                return _filled(said, [self.said(value, depth + 1) for value in values])
        return text


def learn(language: str, translated: Mapping[str, str]) -> None:
    _by_language[language] = Sentences(translated)


def recognised(language: str | None, text: str) -> str:
    """The text in the language; English has nothing to learn."""
    known = _by_language.get(language or "")
    return text if known is None else known.said(text)


def all_recognised(language: str | None, told: Any) -> Any:
    """The same of each text within lists and objects, whose names stay."""
    if isinstance(told, str):
        return recognised(language, told)
    if isinstance(told, Mapping):
        return {name: all_recognised(language, each) for name, each in told.items()}
    if isinstance(told, list | tuple):
        return [all_recognised(language, each) for each in told]
    return told


def _filled(said: str, values: list[str]) -> str:
    return _HOLE.sub(lambda hole: values[int(hole[0][1:-1]) - 1], said)


def _values(pieces: list[str], text: str) -> list[str] | None:
    """What stands between the pieces, each found where it comes first; None: it is another text.
    Not a regular expression: several holes in one could go through a long text for minutes."""
    first, *between, last = pieces
    if not text.startswith(first) or not text.endswith(last):
        return None
    at, end, found = len(first), len(text) - len(last), []
    for piece in between:
        until = text.find(piece, at, end)
        if until < 0:
            return None
        found.append(text[at:until])
        at = until + len(piece)
    return [*found, text[at:end]] if at <= end else None
