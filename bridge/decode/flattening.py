"""A JSON value as readings: objects and arrays by dotted names, within bounds. Pure.

For conventions whose documents are not Pulseboard's own forms, which `json_values` reads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from bridge.decode.identity import metric_name
from bridge.decode.items import Problem, Reason, Sample, Telemetry, Value
from bridge.decode.json_values import MAX_DEPTH
from bridge.decode.reading import MAX_PROBLEMS
from bridge.decode.values import MAX_EXACT_INTEGER, MAX_TEXT, exact, is_plain, is_storable

MAX_FLAT = 1_000  # values of one document
MAX_ELEMENTS = 64  # elements of an array that become readings; a longer one is no set of sensors

ReadText = Callable[[str], Value | None]


class Flattened:
    """Readings by metric in the document's order, and what was left out."""

    __slots__ = ("_ignored", "_read_text", "problems", "values")

    def __init__(self, read_text: ReadText, ignored: frozenset[str]) -> None:
        self.values: dict[str, Value] = {}
        self.problems: list[Problem] = []
        self._read_text = read_text
        self._ignored = ignored

    def report(self, reason: Reason, detail: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(reason, detail))

    def telemetry(self, uid: str, time_us: int = 0) -> Telemetry:
        """The readings as those of a device at one instant, 0 for that of the receipt."""
        samples = [Sample(time_us, self.values)] if self.values else []
        return Telemetry(uid, samples, tuple(self.problems))

    def add(self, levels: tuple[str, ...], value: Any) -> None:
        kind = type(value)
        if value is None:
            return
        if kind is dict or isinstance(value, dict):
            self._add_all(levels, value.items())
        elif kind is list:
            if len(value) > MAX_ELEMENTS:
                found = f"an array of {len(value)} elements, over {MAX_ELEMENTS}"
                self.report(Reason.UNSUPPORTED_VALUE, f"{_shown(levels)} is {found}")
            else:
                self._add_all(levels, ((str(at), each) for at, each in enumerate(value)))
        elif (usable := self._usable(levels, value)) is not None:
            if len(self.values) >= MAX_FLAT:
                self.report(Reason.TOO_MANY_VALUES, f"more than {MAX_FLAT} values in one document")
            elif metric := metric_name(*levels):
                self.values.setdefault(metric, usable)

    def _add_all(self, levels: tuple[str, ...], children: Iterable[tuple[Any, Any]]) -> None:
        if len(levels) >= MAX_DEPTH:
            self.report(Reason.TOO_DEEP, f"{_shown(levels)} is nested over {MAX_DEPTH} deep")
            return
        for key, value in children:
            name = key if type(key) is str else str(key)
            if len(self.values) >= MAX_FLAT:
                self.report(Reason.TOO_MANY_VALUES, f"more than {MAX_FLAT} values in one document")
                return
            if name in self._ignored:
                continue
            kind = type(value)
            if (
                (kind is float and -math.inf < value < math.inf)
                or kind is bool
                or (kind is int and -MAX_EXACT_INTEGER <= value <= MAX_EXACT_INTEGER)
            ):  # nearly all
                if metric := metric_name(*levels, name):
                    self.values.setdefault(metric, value)
            else:
                self.add((*levels, name), value)

    def _usable(self, levels: tuple[str, ...], value: Any) -> Value | None:
        kind = type(value)
        if kind is bool:
            return bool(value)
        if kind is int:
            return exact(value)
        if kind is float:
            if math.isfinite(value):
                return float(value)
            self.report(Reason.NOT_FINITE, f"{_shown(levels)} is no finite number")
        elif kind is str:
            if len(value) <= MAX_TEXT and is_storable(value):
                return self._read_text(value)
            self.report(Reason.BAD_TEXT, f"the text of {_shown(levels)} cannot be stored")
        return None


def flattened(
    value: Any,
    *levels: str,
    read_text: ReadText = lambda text: text,
    ignored: frozenset[str] = frozenset(),
) -> Flattened:
    """The readings of a value whose names begin with `levels`. `read_text` says what a text is:
    itself, a number (`scalars.value_of`), or nothing (None). What is named in `ignored` is left
    out, at whatever depth. null is no reading. Never raises for data."""
    found = Flattened(read_text, ignored)
    if type(value) is dict and not levels and len(value) <= MAX_FLAT and is_plain(value):
        # Nearly all of what sensors send: each value is what it is, each name too.
        found.values = {name: each for name, each in value.items() if name not in ignored}
    elif len(levels) == 1 and is_plain({levels[0]: value}):
        found.values = {levels[0]: value}
    else:
        found.add(levels, value)
    return found


def _shown(levels: tuple[str, ...]) -> str:
    return ascii(".".join(levels)[:60])
