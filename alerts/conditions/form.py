"""Takes fields out of a document, and gathers what is wrong with them in words. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

SECOND_US = 1_000_000
DAY_S = 86_400  # seconds
MAX_DURATION = 31 * DAY_S  # seconds of any duration in a condition
MAX_COUNT = 1_000  # readings that `count` may ask for
MAX_SHOWN = 60  # characters of a name of a field that we repeat


class Form:
    """A document whose fields are taken out one by one. `errors` by field."""

    def __init__(self, given: Any, fields: Collection[str], whole: str) -> None:
        """`whole`: the field that is named when the document is no object at all."""
        self.errors: dict[str, str] = {}
        self.given: Mapping[str, Any] = given if isinstance(given, dict) else {}
        if not isinstance(given, dict):
            self.errors[whole] = "Write an object."
        for name in self.given:
            if name not in fields:
                self.errors[str(name)[:MAX_SHOWN]] = "There is no such field here."

    def has(self, field: str) -> bool:
        return self.given.get(field) is not None

    def wrong(self, field: str, said: str) -> None:
        """The first that is wrong with a field is what is said of it."""
        self.errors.setdefault(field, said)

    def right(self, *fields: str) -> bool:
        """Whether nothing is wrong with these, so that they can be compared."""
        return self.errors.keys().isdisjoint(fields)

    def number(
        self,
        field: str,
        *,
        default: float | None = None,
        least: float = -math.inf,
        above: bool = False,
    ) -> float:
        """A finite number of at least `least`, or above it. 0 in place of one that is wrong."""
        value = self.given.get(field)
        if value is None:
            if default is None:
                self.wrong(field, "Write a number.")
            return default or 0.0
        number = as_number(value)
        if number is None:
            self.wrong(field, "Write a number.")
            return 0.0
        if number < least or (above and number == least):
            said = f"Write a number above {least:g}." if above else f"Write at least {least:g}."
            self.wrong(field, said)
        return number

    def duration_us(self, field: str, *, default: float | None = 0.0, least: float = 0.0) -> int:
        """A duration in seconds, as microseconds."""
        seconds = self.number(field, default=default)
        if field not in self.errors and not least <= seconds <= MAX_DURATION:
            days = MAX_DURATION // DAY_S
            self.wrong(field, f"Write seconds: from {least:g} up to {days} days.")
        return round(seconds * SECOND_US) if field not in self.errors else 0

    def whole(self, field: str, *, default: int, least: int, most: int) -> int:
        value = self.given.get(field, default)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.wrong(field, f"Write a whole number from {least} to {most}.")
        return default

    def chosen(self, field: str, among: Collection[str], default: str = "") -> str:
        value = self.given.get(field, default)
        if isinstance(value, str) and value in among:
            return value
        self.wrong(field, f"Choose one of {', '.join(among)}.")
        return next(iter(among))

    def truth(self, field: str, default: bool) -> bool:
        value = self.given.get(field, default)
        if isinstance(value, bool):
            return value
        self.wrong(field, "Write true or false.")
        return default

    def made(self, field: str, make: Callable[[], T]) -> T | None:
        """What `make` makes; the `ValueError` that it raises says what is wrong with the field."""
        try:
            return make()
        except ValueError as exc:
            self.wrong(field, str(exc))
            return None


def as_number(value: Any) -> float | None:
    """A finite number that JSON may hold; None of anything besides."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
