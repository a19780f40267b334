"""Regular expressions of users. RE2 takes time in proportion to the text, whatever was written;
Python's own would take for ever on some. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import re2

MAX_EXPRESSION = 500  # characters
MAX_MEMORY = 1 << 20  # bytes that an expression and its automaton may take
MAX_PROGRAM = 1_000  # instructions of an expression: that many a character is the worst case
MAX_SEARCHED = 8_192  # characters of a text that are searched


def compiled(text: str) -> Any:
    """The expression. Raises `ValueError` with a sentence for whoever wrote it."""
    if len(text) > MAX_EXPRESSION:
        raise ValueError(f"At most {MAX_EXPRESSION} characters.")
    try:
        found = re2.compile(text, _options())
    except re2.error as exc:
        said = exc.args[0] if exc.args else b""
        told = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise ValueError(f"It is no regular expression of RE2: {told}.") from exc
    if found.programsize > MAX_PROGRAM:
        raise ValueError("It is too large once its repetitions are written out.")
    return found


def cost(text: str) -> int:
    """Steps of a message's budget that a search in the text takes."""
    return 1 + len(text) // 16


def of_globs(globs: Iterable[str]) -> Any:
    """Matches, from end to end, what one of the globs does (`*` any text, `?` one character)."""
    joined = "|".join([_of_glob(each) for each in globs])
    return re2.compile(f"(?s:{joined})", _options())


def _of_glob(glob: str) -> str:
    wild = {"*": ".*", "?": "."}
    return "(?:" + "".join([wild.get(each) or re2.escape(each) for each in glob]) + ")"


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_MEMORY
    return options
