"""The fields of a definition as somebody gave them, of whatever kind, and what is wrong with them.
Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from bridge.decode.rules.template import text_of
from bridge.decode.values import is_storable

T = TypeVar("T")

MAX_WORDS = 100  # entries of one list or map
MAX_WORD = 200  # characters of one
MAX_FACTOR = Decimal("1e30")  # of a scale and an offset
MAX_PRECISION = 9  # decimals; telemetry.models.Series.precision, kept equal by a test


class Form:
    """Takes fields out of a definition and gathers what is wrong with them."""

    def __init__(self, given: Any) -> None:
        self.errors: dict[str, str] = {}
        self.given = self.object_of(given, "topic")

    def object_of(self, given: Any, field: str) -> Mapping[str, Any]:
        if isinstance(given, dict):
            return given
        self.errors[field] = "Write an object."
        return {}

    def only(self, given: Mapping[str, Any], fields: Collection[str], before: str = "") -> None:
        for name in given:
            if name not in fields:
                self.errors[f"{before}{str(name)[:60]}"] = "There is no such field."

    def text(
        self, given: Mapping[str, Any], name: str, *, before: str = "", default: str = ""
    ) -> str:
        value = given.get(name)
        if value is None or value == "":
            return default
        if isinstance(value, str) and is_storable(value):
            return value
        self.errors[before + name] = "Write a text."
        return default

    def made(self, field: str, make: Callable[[], T]) -> T | None:
        """What `make` makes; what it complains of is wrong with the field."""
        try:
            return make()
        except ValueError as exc:
            self.errors.setdefault(field, str(exc))
            return None

    def chosen(
        self, given: Mapping[str, Any], name: str, among: tuple[str, ...], before: str
    ) -> str:
        value = self.text(given, name, before=before, default=among[0])
        if value in among:
            return value
        self.errors[before + name] = f"Choose one of {', '.join(filter(None, among))}."
        return among[0]

    def words(self, given: Mapping[str, Any], name: str, before: str = "") -> list[str]:
        """A list of plain values, as text."""
        value = given.get(name)
        if value is None:
            return []
        texts = [text_of(each) for each in value] if isinstance(value, list) else [None]
        if len(texts) > MAX_WORDS or any(text is None or len(text) > MAX_WORD for text in texts):
            self.errors[before + name] = (
                f"Write a list of texts, numbers or booleans: at most {MAX_WORDS},"
                f" of at most {MAX_WORD} characters."
            )
            return []
        return [text for text in texts if text is not None]

    def factor(self, given: Mapping[str, Any], name: str, before: str) -> Decimal | None:
        value = given.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, int | float) and not isinstance(value, bool):
            number = Decimal(str(value)) if text_of(value) else Decimal("NaN")
            if number.is_finite() and abs(number) <= MAX_FACTOR:
                return number
        self.errors[before + name] = "Write a number."
        return None

    def decimals(self, given: Mapping[str, Any], name: str, before: str) -> int | None:
        value = given.get(name)
        if value is None or value == "":
            return None
        if type(value) is int and 0 <= value <= MAX_PRECISION:
            return value
        self.errors[before + name] = f"Write a whole number from 0 to {MAX_PRECISION}."
        return None
