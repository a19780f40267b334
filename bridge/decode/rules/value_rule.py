"""What becomes of one value: which metric, and which number, text or boolean. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bridge.decode.items import Problem, Reason, Value
from bridge.decode.json_values import MAX_DEPTH
from bridge.decode.rules.expression import MAX_SEARCHED
from bridge.decode.rules.json_path import Path
from bridge.decode.rules.template import Template, text_of
from bridge.decode.scalars import NO_VALUE, number_of
from bridge.decode.values import MAX_TEXT, exact, is_storable

KINDS = ("", "number", "text")  # what a text in JSON becomes; "": it stays what it is


@dataclass(frozen=True, slots=True)
class ValueRule:
    """One entry of `values`."""

    path: Path
    metric: Template
    unit: str = ""
    precision: int | None = None  # decimals shown
    scale: Decimal | None = None
    offset: Decimal | None = None
    words: Mapping[str, Value | None] | None = None  # `map`
    nothing: frozenset[str] = frozenset()  # `null_if`
    expression: Any = None  # of RE2: its first group, or all it matches, is the value
    kind: str = ""

    @property
    def counts(self) -> bool:
        """Whether only a number will do."""
        return self.kind == "number" or self.scale is not None or self.offset is not None

    def read(self, raw: Any, *, is_text: bool) -> Value | Problem | None:
        """The value; None where the rule says there is none. `is_text`: all that comes is text, so
        what is a number is one."""
        text = text_of(raw)
        if text is None or text in self.nothing or _plain(text) in self.nothing:
            return None if raw is None or text is not None else _no_value(raw)
        if self.expression is not None:
            found = self.expression.search(text[:MAX_SEARCHED])
            if found is None:
                return Problem(Reason.UNSUPPORTED_VALUE, "does not match the pattern")
            raw = text = (found.group(1) if found.re.groups else found.group(0)) or ""
        if self.words is not None and text in self.words:
            return self.words[text]
        if self.kind == "text":
            return _storable(text)
        if isinstance(raw, str) and (is_text or self.counts):
            number = number_of(text.strip())
            raw = text.strip() if number is None else number
        return self._number(raw) if self.counts else _storable(raw)

    def _number(self, raw: Any) -> Value | Problem | None:
        if isinstance(raw, str) and number_of(raw) is None:
            if raw.lower() in NO_VALUE:
                return None
            return Problem(Reason.UNSUPPORTED_VALUE, f"{ascii(raw)[:40]} is no number")
        return self._adjusted(raw)

    def _adjusted(self, raw: Any) -> Value | Problem:
        """In decimal arithmetic: 234 * 0.1 is 23.4 and not 23.400000000000002."""
        if self.scale is None and self.offset is None and not isinstance(raw, str):
            return _storable(int(raw) if isinstance(raw, bool) else raw)
        try:
            number = Decimal(str(int(raw) if isinstance(raw, bool) else raw))
            number = number * (1 if self.scale is None else self.scale) + (self.offset or 0)
            return _storable(float(number))
        except ArithmeticError:
            return Problem(Reason.NOT_FINITE, "is no finite number")


def _no_value(raw: Any) -> Problem:
    if isinstance(raw, int | float):
        return Problem(Reason.NOT_FINITE, "is no finite number")
    return Problem(Reason.TOO_DEEP, f"is nested over {MAX_DEPTH} deep")


def _storable(value: Any) -> Value | Problem:
    if isinstance(value, str):
        if len(value) > MAX_TEXT or not is_storable(value):
            return Problem(
                Reason.BAD_TEXT, f"is a text over {MAX_TEXT} characters, or not storable"
            )
        return value
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return exact(value)
    if math.isfinite(value):
        return float(value)
    return Problem(Reason.NOT_FINITE, "is no finite number")


def _plain(text: str) -> str:
    """`-999.0` as `-999`: a number that stands for nothing is meant however it is written."""
    number = number_of(text)
    if isinstance(number, float) and number.is_integer():
        return str(int(number))
    return text if number is None else str(number)
