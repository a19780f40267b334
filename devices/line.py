"""Texts that people write and read: a line, such as a name, and prose of several lines.

They are fields of Django's and its columns; what they refuse, they refuse where somebody writes.
What devices say of themselves is cleaned where it is decoded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from devices.invisible import controls, unseen


def check_line(text: str) -> None:
    """Raises `ValidationError` at the first character that nobody sees."""
    _check(text, unseen(text))


def check_prose(text: str) -> None:
    """The same of several lines, which may be pasted from anywhere: control characters only."""
    _check(text, controls(text))


def _check(text: str, found: Iterator[int]) -> None:
    for at in found:
        code = f"U+{ord(text[at]):04X}"
        raise ValidationError(
            f"Character {at + 1} is {code}, which nobody can see. Delete it.", code="invisible"
        )


class Line(models.CharField):
    default_validators = [check_line]

    def deconstruct(self) -> Any:
        """To migrations it is Django's: a column is the same whatever is refused."""
        name, _, arguments, options = super().deconstruct()
        return name, "django.db.models.CharField", arguments, options


class Prose(models.TextField):
    default_validators = [check_prose]

    def deconstruct(self) -> Any:
        name, _, arguments, options = super().deconstruct()
        return name, "django.db.models.TextField", arguments, options
