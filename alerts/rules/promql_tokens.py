"""The words and signs of PromQL, one after the other. Pure."""

from __future__ import annotations

import re
from typing import NoReturn

from alerts.rules.promql import NotTranslated

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?![\w.])"
    r"|(?P<word>[A-Za-z_:][\w:]*)"
    r"|(?P<labels>\{(?:[^\"'}]|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')*\})"
    r"|(?P<range>\[[^\]]*\])"
    r"|(?P<sign>>=|<=|==|!=|[-+*/%^<>(),@]))",
    re.ASCII | re.DOTALL,
)
_LENGTH = re.compile(r"\s*((?:\d+(?:ms|[ywdhms]))+)(?!\w)", re.ASCII)


class Tokens:
    """Of one expression, and the place up to which it is read. Raises `NotTranslated` where
    something else stands."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0

    def kind(self) -> str:
        return self._tokens[self._at][0]

    def token(self) -> str:
        return self._tokens[self._at][1]

    def peek(self) -> str:
        return self._tokens[self._at + 1][1]

    def has(self, word: str) -> bool:
        return self._tokens[self._at] == ("word", word)

    def next(self) -> tuple[str, str]:
        found = self._tokens[self._at]
        if found[0] == "end":
            self.wrong()
        self._at += 1
        return found

    def take(self, sign: str) -> None:
        if self._tokens[self._at] != ("sign", sign):
            self.wrong()
        self._at += 1

    def end(self) -> None:
        if self.kind() != "end":
            self.wrong()

    def wrong(self) -> NoReturn:
        raise NotTranslated(f"It cannot be read from {self.token()[:40]!r} on.")


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while text[at:].strip():
        length = _LENGTH.match(text, at)
        match = length or _TOKEN.match(text, at)
        if match is None:
            raise NotTranslated(f"It cannot be read from {text[at : at + 40]!r} on.")
        kind = "length" if length else str(match.lastgroup)
        found.append((kind, match[1] if length else match[kind]))
        at = match.end()
    return [*found, ("end", ""), ("end", "")]
