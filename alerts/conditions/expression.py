"""A formula over several series, which are joined by time: a value of each holds until its next
reading, but no longer than a tolerance. Pure; `telemetry.expression` has the language.

Whoever reads the readings gives `step` the formula's values at the instants of the readings of all
its series. Where it has no value, because one of the series has none that holds, nothing is judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self

from alerts.conditions.facts import Facts, Writing
from alerts.conditions.form import Form
from alerts.conditions.judged import (
    Judged,
    Judging,
    Readings,
    Same,
    Subject,
    Times,
    Values,
    numbers,
)
from alerts.conditions.memory import Memory
from alerts.conditions.state import IS, Equals
from alerts.conditions.threshold import OPS, Threshold
from telemetry.expression import Column, Formula, InvalidExpression, Kind, Typed
from telemetry.expression import read as read_formula
from telemetry.series.said import Said, say

MAX_FORMULA = 1_000  # characters
MAX_METRIC = 200  # characters, as series have
MAX_UID = 64  # characters, as devices have
DEFAULT_TOLERANCE = 60.0  # seconds

_LIMITS = ("op", "limit", "low", "high", "clear", "worse")


class Input(NamedTuple):
    """The series that a name stands for; `uid` "": of the device that is judged."""

    metric: str
    uid: str = ""


@dataclass(frozen=True, slots=True)
class Expression(Judging):
    """It holds where the formula is true, or where the number that it gives is beyond a limit."""

    type: ClassVar[str] = "expression"
    fields: ClassVar[tuple[str, ...]] = ("formula", "names", "tolerance", *_LIMITS)
    subject: ClassVar[Subject] = Subject.SEVERAL

    formula: Formula
    inputs: tuple[tuple[str, Input], ...]
    hold_us: int
    inner: Threshold | Equals

    @classmethod
    def read(cls, form: Form) -> Self:
        formula = form.made("formula", lambda: _formula(form.given.get("formula")))
        inputs = _inputs(form, formula)
        hold_us = form.duration_us("tolerance", default=DEFAULT_TOLERANCE, least=1)
        inner = _inner(form, formula)
        # With errors what is given back is not used.
        return cls(formula or read_formula("x"), inputs, hold_us, inner)

    @property
    def lookback_us(self) -> int:
        """Of every one of its series, to have the formula's values at an instant."""
        needed = self.formula.needs(dict.fromkeys(self.formula.names, self.hold_us))
        return max(each.back_us for reaches in needed.values() for each in reaches)

    def evaluate(self, columns: Mapping[str, tuple[Times, Any]], instants: Times) -> Values:
        """The formula's values, of the times and values of each name; NaN where it has none."""
        held = {
            name: Column(times, numbers(values), self.hold_us)
            for name, (times, values) in columns.items()
        }
        return self.formula.evaluate(held, instants)

    def judge(self, memory: Memory, readings: Readings, /) -> Judged:
        return self.inner.judge(memory, readings)

    def same(self, memory: Memory, /) -> Same:
        return self.inner.same(memory)

    def said(self, facts: Facts, /) -> Said | str:
        if isinstance(self.inner, Equals):
            return self.formula.text
        limit = self.inner.allowed(facts.writing)
        return say(
            "{formula} is {value}, {limit}",
            formula=self.formula.text,
            value=facts.shown,
            limit=limit,
        )

    def described(self, writing: Writing, /) -> Said | str:
        if isinstance(self.inner, Equals):
            return self.formula.text
        limit = self.inner.described(writing)
        return say("{formula} {limit}", formula=self.formula.text, limit=limit)

    @property
    def worse_by(self) -> float | None:
        return self.inner.worse_by

    def described_worse(self, writing: Writing, /) -> Said | str:
        return self.inner.described_worse(writing)

    def described_clear(self, writing: Writing, /) -> Said | str:
        return self.inner.described_clear(writing)


def _formula(given: Any) -> Formula:
    if not isinstance(given, str) or not given.strip():
        raise ValueError("Write a formula, as supply - back < 2.")
    if len(given) > MAX_FORMULA:
        raise ValueError(f"At most {MAX_FORMULA} characters.")
    try:
        return read_formula(given.strip())
    except InvalidExpression as exc:
        raise ValueError(f"{str(exc)[:1].upper()}{str(exc)[1:]}.") from exc


def _inputs(form: Form, formula: Formula | None) -> tuple[tuple[str, Input], ...]:
    given = form.given.get("names", {})
    if not isinstance(given, dict):
        form.wrong("names", 'Write for each name its metric: {"supply": "supply.temperature"}.')
        return ()
    found = []
    for name in formula.names if formula is not None else ():
        series = _input(given.get(name, name))
        if series is None:
            form.wrong(f"names.{name}", "Write a metric, or an object with uid and metric.")
        else:
            found.append((name, series))
    for name in given:
        if formula is not None and name not in formula.names:
            form.wrong(f"names.{str(name)[:60]}", "The formula has no such name.")
    return tuple(found)


def _input(given: Any) -> Input | None:
    if isinstance(given, str):
        given = {"metric": given}
    if not isinstance(given, dict) or not {"metric"} <= given.keys() <= {"metric", "uid"}:
        return None
    metric, uid = given["metric"], given.get("uid") or ""
    if not isinstance(metric, str) or not isinstance(uid, str):
        return None
    if not 1 <= len(metric) <= MAX_METRIC or len(uid) > MAX_UID:
        return None
    return Input(metric, uid)


def _inner(form: Form, formula: Formula | None) -> Threshold | Equals:
    kind = _kind(formula) if formula is not None else None
    limits = [field for field in _LIMITS if form.has(field)]
    if kind == "boolean" and limits:
        form.wrong(limits[0], "The formula is true or false: it has no limit.")
    if kind == "number" and "op" not in limits:
        said = f"The formula gives a number: choose one of {', '.join(OPS)}, or compare it."
        form.wrong("op", said)
    if limits and kind != "boolean":
        return Threshold.read(form)
    return Equals((True,), IS, frozenset(), (1.0,))


def _kind(formula: Formula) -> Kind | None:
    """What it gives, if all its names are numbers, or all true or false; None: they are mixed, and
    only who knows its series can tell."""
    kinds: tuple[Kind, ...] = ("number", "boolean")
    for kind in kinds:
        try:
            return formula.typed(dict.fromkeys(formula.names, Typed(kind))).kind
        except InvalidExpression:
            continue
    return None
