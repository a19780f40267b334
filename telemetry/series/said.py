"""A sentence and its values, apart: said in English where it is made, and in the reader's language
where it is read (`telemetry.series.worded`, `page/language.js`). Pure.

say("{subject} {value}, limit {limit}", subject="Temperature", value=Numeral("24.5 °C"), …)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_HOLE = re.compile(r"\{(\w+)\}")


class Numeral(str):
    """A number as English writes it, with its unit."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Said:
    """`of` is the English sentence with holes, and the catalogue's name of it."""

    of: str
    values: Mapping[str, Any]  # texts, numbers, `Numeral`, `Said`, or a tuple of these

    def __str__(self) -> str:
        return fill(self.of, {name: _english(value) for name, value in self.values.items()})

    def form(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {"of": self.of, "with": {name: _form(each) for name, each in self.values.items()}}


def say(of: str, /, **values: Any) -> Said:
    """`of` is written out, so that it is found and translated."""
    return Said(of, values)


def marked(text: str) -> str:
    """The text: it is said by `Said` later, and translated."""
    return text


def form_of(said: Said | str) -> dict[str, Any] | None:
    """None of a text that is as somebody wrote it."""
    return said.form() if isinstance(said, Said) else None


def read(form: Mapping[str, Any] | None, text: str) -> Said | str:
    """What `form_of` gave; the text where it gave nothing."""
    return text if form is None else _read(form)


def fill(text: str, values: Mapping[str, str]) -> str:
    return _HOLE.sub(lambda hole: values.get(hole[1], hole[0]), text)


def _english(value: Any) -> str:
    return ", ".join(map(_english, value)) if isinstance(value, tuple) else str(value)


def _form(value: Any) -> Any:
    if isinstance(value, Said):
        return value.form()
    if isinstance(value, tuple):
        return [_form(each) for each in value]
    return {"number": str(value)} if isinstance(value, Numeral) else value


def _read(form: Any) -> Any:
    if isinstance(form, Mapping) and "of" in form:
        return Said(form["of"], {name: _read(each) for name, each in form["with"].items()})
    if isinstance(form, Mapping):
        return Numeral(form["number"])
    return tuple(map(_read, form)) if _is_list(form) else form


def _is_list(form: Any) -> bool:
    return isinstance(form, Iterable) and not isinstance(form, str)
