"""A rule's own words, with holes for what is known of an alert: "{device} is at {value}". Pure.

The names are a fixed list and stand for texts. Nothing of Python can be reached from one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from alerts.conditions.problems import InvalidCondition

NAMES = ("value", "limit", "device", "site", "metric", "unit", "for")
MAX_TEMPLATE = 500  # characters of a rule's text

_HOLE = re.compile(r"\{([^{}]*)\}")


def check(text: str) -> None:
    """Raises `InvalidCondition` of the field `text`."""
    said = None
    if len(text) > MAX_TEMPLATE:
        said = f"At most {MAX_TEMPLATE} characters."
    elif unknown := [name for name in _HOLE.findall(text) if name not in NAMES]:
        there = ", ".join(f"{{{name}}}" for name in NAMES)
        said = f"{{{unknown[0][:40]}}} stands for nothing: there are {there}."
    elif re.search(r"[{}]", _HOLE.sub("", text)):
        said = "A brace stands alone."
    if said:
        raise InvalidCondition({"text": said})


def fill(text: str, facts: Mapping[str, str]) -> str:
    """What is in braces and has no meaning stays as it is: a rule's text was checked when it was
    saved, and an alert must not fail by its words."""
    return _HOLE.sub(lambda hole: facts.get(hole[1], hole[0]), text)
