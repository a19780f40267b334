"""Characters that nobody sees, or that reorder what stands beside them. Pure.

Two names that differ in one look the same, and a bidirectional control turns the words after a name
around (UAX #9). Some belong to how a language or an emoji is written (UAX #31 §2.3, UTS #51): those
stay where they do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

# Control characters, halves of surrogate pairs, bidirectional controls, what Unicode calls
# ignorable by default, and letters that are drawn as nothing.
_MAYBE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# What ends a line or moves on in one belongs to a text of several.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
_JOINERS = "\u200c\u200d"
_EMOJI = frozenset(["So", "Sk"])  # categories of what is joined, and of its colour of skin
_VIRAMA = 9  # the combining class of what joins letters of India


def unseen(text: str) -> Iterator[int]:
    """Where one stands that does not belong there."""
    if text.isascii() and text.isprintable():  # nearly all, and it costs nothing
        return
    flags = {at for flag in _FLAG.finditer(text) for at in range(*flag.span())}
    for found in _MAYBE.finditer(text):
        if not (found.start() in flags or _belongs(text, found.start())):
            yield found.start()


def controls(text: str) -> Iterator[int]:
    """Where one stands that controls a terminal; a text of several lines may hold no such."""
    return (found.start() for found in _CONTROL.finditer(text))


def without(text: str, instead: Callable[[str], str] = lambda _: "") -> str:
    """The text with each of them taken out, or with what is to stand there."""
    places = set(unseen(text))
    if not places:
        return text
    return "".join(instead(one) if at in places else one for at, one in enumerate(text))


def _belongs(text: str, at: int) -> bool:
    one, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if not before:
        return False
    category = unicodedata.category(before)
    if one in _JOINERS:
        joins = category in _EMOJI or before == "\ufe0f" or unicodedata.combining(before) == _VIRAMA
        arabic = unicodedata.bidirectional(before) == "AL"
        return (joins or arabic) and bool(after) and not after.isascii() and after.isprintable()
    if one in "\ufe0e\ufe0f":  # as a picture, or as a text
        if before.isascii():
            return before in "0123456789#*" and after == "\u20e3"
        return category[0] in "SP" or before == "ℹ"
    if one in "\ufe00\ufe01\ufe02" or "\U000e0100" <= one <= "\U000e01ef":  # how a name is drawn
        return unicodedata.name(before, "").startswith("CJK ")
    return "\u180b" <= one <= "\u180d" and "\u1820" <= before <= "\u18aa"
