"""The words of a formula, each with its place."""

from __future__ import annotations

import math
import re
from typing import Literal, NamedTuple

from telemetry.expression.problems import InvalidExpression
from telemetry.formula_bounds import MAX_LENGTH, MAX_NAME

# Microseconds of each unit of time.
SPANS_US = {
    "ms": 1_000,
    "s": 1_000_000,
    "min": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
    "w": 7 * 86_400_000_000,
}

_NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)"
_TOKEN = re.compile(
    rf"\s*(?:(?P<span>{_NUMBER}\s*(?:ms|min|s|h|d|w)\b)"
    rf"|(?P<number>{_NUMBER}(?:[eE][+-]?\d+)?)"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign><=|>=|==|!=|[-+*/%<>=(),≤≥≠×÷−·]))",
    re.ASCII,
)
_BLANK = re.compile(r"\s*")
_SPAN = re.compile(rf"({_NUMBER})\s*([a-z]+)", re.ASCII)
# What people also write, by what is meant.
_MEANT = {"≤": "<=", "≥": ">=", "≠": "!=", "×": "*", "·": "*", "÷": "/", "−": "-", "=": "=="}


class Token(NamedTuple):
    at: int  # character, from 0
    kind: Literal["number", "span", "word", "sign", "end"]
    text: str  # of a sign the one that is meant
    number: float = 0.0  # of a number; of a span its microseconds


def tokens(text: str) -> list[Token]:
    """The tokens of a formula, the last of which is its end. Raises `InvalidExpression`."""
    if len(text) > MAX_LENGTH:
        raise InvalidExpression(f"a formula has at most {MAX_LENGTH} characters", MAX_LENGTH)
    found: list[Token] = []
    place = 0
    while True:
        match = _TOKEN.match(text, place)
        if match is None:
            place = _end_of_blanks(text, place)
            if place < len(text):
                raise InvalidExpression(f"{text[place]!r} is nothing a formula has", place)
            return [*found, Token(place, "end", "")]
        place = match.end()
        found.append(_token(match))


def _end_of_blanks(text: str, place: int) -> int:
    blank = _BLANK.match(text, place)
    return blank.end() if blank else place


def _token(match: re.Match[str]) -> Token:
    kind = match.lastgroup or ""
    at, text = match.start(kind), match[kind]
    if kind == "span":
        return Token(at, "span", text, _microseconds(text, at))
    if kind == "number":
        value = float(text)
        if not math.isfinite(value):
            raise InvalidExpression("this number is too large", at)
        return Token(at, "number", text, value)
    if kind == "word":
        if len(text) > MAX_NAME:
            raise InvalidExpression(f"a name has at most {MAX_NAME} characters", at)
        return Token(at, "word", text)
    return Token(at, "sign", _MEANT.get(text, text))


def _microseconds(text: str, at: int) -> float:
    match = _SPAN.fullmatch(text)
    if match is None:  # the pattern above holds this one
        raise InvalidExpression(f"{text} is no duration", at)
    return float(match[1]) * SPANS_US[match[2]]
