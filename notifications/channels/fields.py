"""What a channel of some kind has to be told before it can send. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

MAX_VALUE = 2_000  # characters of one value

# The channel's settings and secrets together, each a text; what was not given is not in it.
Facts = Mapping[str, str]


def any_text(_value: str) -> str:
    return ""


def one_word(value: str) -> str:
    """For what stands in a header or an address: nothing in it may end a line or a word."""
    return "" if re.fullmatch(r"[\x21-\x7e]+", value) else "Write letters and digits, no blanks."


@dataclass(frozen=True, slots=True)
class Field:
    """One value. A secret one is taken in and never shown again."""

    name: str
    help: str
    secret: bool = False
    default: str | None = None  # None: it has to be given
    complaint: Callable[[str], str] = any_text  # what is wrong with a value, "" for nothing


def completed(fields: tuple[Field, ...], facts: Facts) -> dict[str, str]:
    """The facts with what stands for those that were not given."""
    defaults = {each.name: each.default for each in fields if each.default}
    return {**defaults, **{name: value for name, value in facts.items() if value}}


def complaints(fields: tuple[Field, ...], facts: Facts) -> dict[str, str]:
    """What is wrong, by field; nothing when a channel can be made of these."""
    found = dict.fromkeys(facts.keys() - {f.name for f in fields}, "There is no such field.")
    for each in fields:
        value = facts.get(each.name, "")
        if not value and each.default is None:
            found[each.name] = "It has to be given."
        elif len(value) > MAX_VALUE:
            found[each.name] = f"It has more than {MAX_VALUE} characters."
        elif value and (said := each.complaint(value)):
            found[each.name] = said
    return found
