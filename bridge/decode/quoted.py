"""A value that stands in quotes in JSON: many sketches quote all they measure. Pure."""

from __future__ import annotations

import re

from bridge.decode.items import Value
from bridge.decode.scalars import ON_OFF, TRUE_FALSE, number_of
from bridge.decode.scalars import value_of as written_value
from bridge.decode.short_cache import short_cache

MAX_CACHED = 4_096  # texts, of which the same come again and again
BOOLEANS = {**ON_OFF, **TRUE_FALSE}

# Not ten digits and more, which count nothing but are somebody's id; no exponent, which in quotes
# is hexadecimal.
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,8}|(?:0|[1-9][0-9]{0,14})\.[0-9]{1,15})")


@short_cache(MAX_CACHED)
def value_of(text: str) -> Value | None:
    """The number, yes or no, or the text itself; None of what says that there is no value."""
    if _NUMBER.fullmatch(text):
        return number_of(text)
    return text if number_of(text) is not None else written_value(text, BOOLEANS)
