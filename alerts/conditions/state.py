"""What a target is: a word or a boolean that is one of some, or a device that is offline. Pure."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from alerts.conditions.facts import Facts, Writing
from alerts.conditions.form import Form, as_number
from alerts.conditions.judged import (
    NOTHING,
    Judged,
    Judging,
    Readings,
    Same,
    Subject,
    Takes,
)
from alerts.conditions.memory import Memory, Value
from telemetry.series.said import Numeral, Said, say

MAX_EQUALS = 50  # words and numbers of one condition
MAX_WORD = 200  # characters of one
IS, IS_NOT = OPS = ("is", "is_not")


@dataclass(frozen=True, slots=True)
class Equals(Judging):
    """Words are the same whatever their case. A boolean is stored as 1 or 0."""

    type: ClassVar[str] = "state"
    fields: ClassVar[tuple[str, ...]] = ("op", "equals")

    equals: tuple[str | bool | float, ...]
    op: str
    words: frozenset[str]
    numbers: tuple[float, ...]  # ascending

    @classmethod
    def read(cls, form: Form) -> Self:
        op = form.chosen("op", OPS, IS)
        equals = form.made("equals", lambda: _equals(form.given.get("equals"))) or ()
        words = frozenset(each.casefold() for each in equals if isinstance(each, str))
        found = sorted({float(each) for each in equals if not isinstance(each, str)})
        return cls(equals, op, words, tuple(found))

    @property
    def takes(self) -> Takes:
        return Takes.WORDS if self.words else Takes.NUMBERS

    def judge(self, _memory: Memory, readings: Readings, /) -> Judged:
        values = readings.values
        if isinstance(values, np.ndarray):
            over = np.isin(values, self.numbers)
        else:
            over = np.fromiter(map(self._is_among, values), dtype=bool, count=len(values))
        if self.op == IS_NOT:
            over = ~over
        return Judged(readings.times, over, over, readings.values)

    def _is_among(self, value: Value) -> bool:
        if isinstance(value, str):
            return value.casefold() in self.words
        return value in self.numbers

    def said(self, facts: Facts, /) -> Said:
        return say("{subject} {value}", subject=facts.subject, value=facts.shown)

    def described(self, writing: Writing, /) -> Said:
        *most, last = (_shown(each, writing) for each in self.equals)
        among = say("{several} or {last}", several=tuple(most), last=last) if most else last
        if self.op == IS:
            return say("is {value}", value=among)
        return say("is not {value}", value=among)

    def same(self, memory: Memory, /) -> Same:
        """Between two of the numbers nothing changes, nor at one of them."""
        value = memory.value
        if not isinstance(value, float):
            return NOTHING
        place = bisect_left(self.numbers, value)
        if value in self.numbers:
            return Same(value, value)
        low = math.nextafter(self.numbers[place - 1], math.inf) if place else -math.inf
        high = math.inf
        if place < len(self.numbers):
            high = math.nextafter(self.numbers[place], -math.inf)
        return Same(low, high)


@dataclass(frozen=True, slots=True)
class Offline(Judging):
    """The values are what `devices.presence` calls the device, the times since when it does."""

    type: ClassVar[str] = "offline"
    fields: ClassVar[tuple[str, ...]] = ("silent",)
    common: ClassVar[tuple[str, ...]] = ("for",)
    subject: ClassVar[Subject] = Subject.DEVICE

    with_silent: bool  # a device that says nothing counts as well: many have no last will

    @classmethod
    def read(cls, form: Form) -> Self:
        return cls(form.truth("silent", default=True))

    @property
    def takes(self) -> Takes:
        return Takes.WORDS

    @property
    def words(self) -> frozenset[str]:
        return frozenset(("offline", "silent") if self.with_silent else ("offline",))

    def judge(self, _memory: Memory, readings: Readings, /) -> Judged:
        over = np.array([value in self.words for value in readings.values], dtype=bool)
        return Judged(readings.times, over, over, readings.values)

    def said(self, facts: Facts, /) -> Said:
        return say("Silent") if facts.value == "silent" else say("Offline")

    def described(self, _writing: Writing, /) -> Said:
        return say("offline or silent") if self.with_silent else say("offline")


def _shown(each: str | bool | float, writing: Writing) -> Said | str:
    if isinstance(each, bool):
        return say("on") if each else say("off")
    return each if isinstance(each, str) else Numeral(writing.limit(each))


def _equals(given: Any) -> tuple[str | bool | float, ...]:
    said = (
        f"Write a list of words, numbers, true and false: at most {MAX_EQUALS}, of at most"
        f" {MAX_WORD} characters."
    )
    if not isinstance(given, list) or not 1 <= len(given) <= MAX_EQUALS:
        raise ValueError(said)
    found: list[str | bool | float] = []
    for each in given:
        usable = each if isinstance(each, str | bool) else as_number(each)
        if usable is None or (isinstance(usable, str) and not 1 <= len(usable) <= MAX_WORD):
            raise ValueError(said)
        found.append(usable)
    return tuple(found)
