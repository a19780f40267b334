"""Facts as small JSON, for what is kept beside them: a log is no archive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAX_VALUE = 200  # characters of a value that is kept
MAX_NAMED = 200  # values of a list, or fields


def small(value: Any) -> Any:
    """The same as JSON, with what is long cut."""
    if isinstance(value, Mapping):
        return {str(name): small(each) for name, each in list(value.items())[:MAX_NAMED]}
    if isinstance(value, list | tuple):
        return [small(each) for each in value[:MAX_NAMED]]
    if isinstance(value, str) and len(value) > MAX_VALUE:
        return value[: MAX_VALUE - 1] + "…"
    return value if value is None or isinstance(value, str | int | float) else small(str(value))
