"""What a value and the name of a metric may be, for the store to hold them. Pure."""

from __future__ import annotations

import math
from collections.abc import KeysView, Mapping
from typing import Any

MAX_METRIC = 200  # characters of a dotted metric name
MAX_TEXT = 1024  # characters of a text reading
MAX_EXACT_INTEGER = 2**53  # beyond it a float8 rounds, so the integer is kept as text
KEPT_NAMES = 20_000  # of metrics, which need not be looked at again

_plain_names: set[str] = set()  # looked at before


def is_plain(values: Mapping[str, Any]) -> bool:
    """Whether all is ordinary: short names, finite numbers and booleans at the top level."""
    for value in values.values():
        kind = type(value)
        if not (
            (kind is float and -math.inf < value < math.inf)
            or kind is bool
            or (kind is int and -MAX_EXACT_INTEGER <= value <= MAX_EXACT_INTEGER)
        ):
            return False
    return are_plain_names(values.keys())


def is_number(value: Any) -> bool:
    """Whether it is a finite float, or an integer that a float8 holds."""
    kind = type(value)
    if kind is float:
        return -math.inf < value < math.inf
    return kind is int and -MAX_EXACT_INTEGER <= value <= MAX_EXACT_INTEGER


def are_plain_names(names: KeysView[str]) -> bool:
    """Whether all can be names of metrics, and are ASCII and printable: they hold neither NUL nor
    surrogates. Devices say the same names again and again: those are looked up at once."""
    if names <= _plain_names:
        return True
    for name in names:
        if not name.isascii() or not name.isprintable() or not 0 < len(name) <= MAX_METRIC:
            return False
    if len(_plain_names) >= KEPT_NAMES:
        _plain_names.clear()
    _plain_names.update(names)
    return True


def exact(integer: int) -> int | str:
    """The integer, as text where a float8 would round it."""
    return integer if -MAX_EXACT_INTEGER <= integer <= MAX_EXACT_INTEGER else str(integer)


def is_storable(text: str) -> bool:
    """Whether Postgres can hold the text: no NUL, no lone surrogate."""
    if "\x00" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def shown(metric: str) -> str:
    """A metric name cut and made printable for a message."""
    return ascii(metric[:60])
