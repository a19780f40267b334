"""Names of accounts that look like another's: who reads one takes it for the other (UTS #39).

Of Unicode's table here are the letters that pass for Latin ones, and what passes in any script:
upper and lower case, widths, 0 and O, 1 and I and l. One who chooses a name is refused; who comes
from an identity provider gets another.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

# Lower case, each under what it looks like.
_LOOKS = {
    "a": "аαɑ", "b": "ЬƄ", "c": "сϲᴄ", "d": "ԁ", "e": "еєҽ", "g": "ɡց", "h": "һհ", "i": "іιıɩӏ",
    "j": "јϳ", "k": "кκᴋ", "l": "1|ⅼ", "m": "м", "n": "ոп", "o": "0оοօσ", "p": "рρ", "q": "ԛգ",
    "r": "гᴦ", "s": "ѕꜱ", "t": "тτ", "u": "υսᴜ", "v": "ѵνᴠ", "w": "ԝᴡшω", "x": "хχ", "y": "уγү",
    "z": "ᴢ",
}  # fmt: skip
# What no name that a form takes holds, and letters of it that are drawn as nothing.
_UNSEEN = re.compile(r"[^\w.@+-]|[\u115f\u1160\u3164\uffa0]")
_LATIN = str.maketrans({one: latin for latin, those in _LOOKS.items() for one in those})


def looks(name: str) -> set[str]:
    """What it looks like; two names that share one look alike. A capital I is an i and an l."""
    return {_plain(name), _plain(name.replace("I", "l"))}


def taken(names: Iterable[str]) -> set[str]:
    return set().union(*map(looks, names))


def check(name: str) -> None:
    """Raises `ValidationError` where another account's name looks so. An account that has this very
    name is no other: of that its own rule says what is wrong."""
    others = set(User.objects.values_list("username", flat=True))
    if name not in others and looks(name) & taken(others):
        raise ValidationError("Another account's name looks like this one.", code="lookalike")


def _plain(name: str) -> str:
    text = _UNSEEN.sub("", unicodedata.normalize("NFKC", name))
    return text.casefold().translate(_LATIN)
