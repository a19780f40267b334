"""One value written as text: a number, a word, or that there is none. Pure.

Never `float()` alone: that takes `1_000`, `１２`, `infinity` and ` 1 ` for numbers, and `00420`,
which is a meter's number, for 420.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from bridge.decode.items import Value
from bridge.decode.tolerant import MAX_DIGITS
from bridge.decode.values import MAX_EXACT_INTEGER, MAX_TEXT, is_storable

NO_VALUE = frozenset(
    {"", "nan", "-nan", "+nan", "inf", "-inf", "+inf", "infinity", "-infinity", "none", "null"}
    | {"unavailable", "unknown", "undefined", "n/a"}
)  # in lower case
NO_WORDS: Mapping[str, bool] = {}
# Words of booleans, in lower case, for `value_of`; which of them a dialect has, it says.
ON_OFF: Mapping[str, bool] = {"on": True, "off": False}
TRUE_FALSE: Mapping[str, bool] = {"true": True, "false": False}
OPEN_CLOSED: Mapping[str, bool] = {"open": True, "closed": False}

_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9][0-9]*)(\.[0-9]+)?|(\.[0-9]+))([eE][+-]?[0-9]{1,4})?")


def number_of(text: str) -> float | int | str | None:
    """The number the text is from end to end: an integer that no float holds stays text. None if it
    is no number, or none that is finite."""
    found = _NUMBER.fullmatch(text)
    if found is None or len(text) > MAX_DIGITS:
        return None
    if found[1] or found[2] or found[3]:
        number = float(text)
        return number if math.isfinite(number) else None
    integer = int(text)
    return integer if abs(integer) <= MAX_EXACT_INTEGER else text


def value_of(text: str, booleans: Mapping[str, bool] = NO_WORDS) -> Value | None:
    """The number, one of the words of `booleans` (in whatever case), or the text itself; None of
    what says that there is no value, or cannot be stored. Spaces around it make it a text: who
    reads a whole payload strips them."""
    if not text or text[0] in "+-.0123456789":
        number = number_of(text)
        if number is not None:
            return number
        if _NUMBER.fullmatch(text) and len(text) <= MAX_DIGITS:
            return None  # beyond what a float can be
    if len(text) > MAX_TEXT or not is_storable(text):
        return None
    word = text.lower()
    if word in NO_VALUE:
        return None
    return booleans.get(word, text)
