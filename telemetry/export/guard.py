"""What keeps a text of a CSV from being calculated, put before it and taken away again. Pure.

Who imports needs this without pyarrow, which the rest of the package takes 45 MiB for.
"""

from __future__ import annotations

import re

MARK = "'"
# What a spreadsheet takes for a formula, as OWASP lists it ("CSV Injection"), also behind spaces,
# which some of them drop. Never of a number.
_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")


def guarded(text: str) -> str:
    """The text, after a mark if it could be calculated."""
    return f"{MARK}{text}" if _FORMULA.match(text) else text


def bare(text: str) -> str:
    """The text that `guarded` made this of."""
    return text[1:] if text[:1] == MARK and _FORMULA.match(text, 1) else text
