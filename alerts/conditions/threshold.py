"""A value beyond a limit: above or below one, outside or inside a range. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from alerts.conditions.facts import Facts, Writing
from alerts.conditions.form import Form
from alerts.conditions.judged import NOTHING, Judged, Judging, Readings, Same, numbers
from alerts.conditions.memory import Memory, State
from telemetry.series.said import Numeral, Said, say

ABOVE, BELOW, OUTSIDE, INSIDE = OPS = ("above", "below", "outside", "inside")

_SURE = 1 - 1e-9  # of a distance that was rounded, the share that is surely within it


@dataclass(frozen=True, slots=True)
class Threshold(Judging):
    """A value at the limit is not beyond it; one at the end of a forbidden range is inside.

    One that fires clears when the value has come back to `back_low` or `back_high`.
    """

    type: ClassVar[str] = "threshold"
    fields: ClassVar[tuple[str, ...]] = ("op", "limit", "low", "high", "clear", "worse")

    op: str
    low: float = -math.inf
    high: float = math.inf
    back_low: float = -math.inf
    back_high: float = math.inf
    worse_by: float | None = None

    @classmethod
    def read(cls, form: Form) -> Self:
        op = form.chosen("op", OPS)
        return cls._of_limit(form, op) if op in (ABOVE, BELOW) else cls._of_range(form, op)

    @classmethod
    def _of_limit(cls, form: Form, op: str) -> Self:
        for field in ("low", "high"):
            if form.has(field):
                form.wrong(field, f"With {op} write limit.")
        limit, sign = form.number("limit"), 1 if op == ABOVE else -1
        clear = form.number("clear", default=limit)
        if form.right("limit", "clear") and (clear > limit if op == ABOVE else clear < limit):
            form.wrong("clear", "Write a number that is not beyond the limit.")
        worse = form.number("worse", default=limit) - limit if form.has("worse") else None
        if worse is not None and form.right("limit", "worse") and (worse * sign <= 0):
            form.wrong("worse", "Write a number that is beyond the limit.")
        by = None if worse is None else abs(worse)
        if op == ABOVE:
            return cls(op, high=limit, back_high=clear, worse_by=by)
        return cls(op, low=limit, back_low=clear, worse_by=by)

    @classmethod
    def _of_range(cls, form: Form, op: str) -> Self:
        if form.has("limit"):
            form.wrong("limit", f"With {op} write low and high.")
        low, high = form.number("low"), form.number("high")
        if form.right("low", "high") and low >= high:
            form.wrong("high", "Write a number above low.")
        clear = form.number("clear", default=0.0, least=0.0)
        worse = form.number("worse", least=0.0, above=True) if form.has("worse") else None
        if op == INSIDE:
            if worse is not None:
                form.wrong("worse", "What is inside cannot be worse.")
            return cls(op, low, high, low - clear, high + clear)
        if form.right("low", "high", "clear") and low + clear > high - clear:
            form.wrong("clear", "Write at most half of what is between low and high.")
        return cls(op, low, high, low + clear, high - clear, worse)

    def described_worse(self, writing: Writing, /) -> Said | str:
        if self.worse_by is None:
            return ""
        if self.op == OUTSIDE:
            return say("worse {by} beyond", by=Numeral(writing.rounded(self.worse_by)))
        at = self.high + self.worse_by if self.op == ABOVE else self.low - self.worse_by
        return say("worse from {limit}", limit=Numeral(writing.rounded(at)))

    @property
    def clear(self) -> float | None:
        """As a document has it; None: it clears at the limit."""
        if self.op in (ABOVE, BELOW):
            limit, back = (
                (self.high, self.back_high) if self.op == ABOVE else (self.low, self.back_low)
            )
            return None if back == limit else back
        return None if self.back_low == self.low else abs(self.back_low - self.low)

    def judge(self, _memory: Memory, readings: Readings, /) -> Judged:
        found = numbers(readings.values)
        if self.op == INSIDE:
            over = (found >= self.low) & (found <= self.high)
            still = (found >= self.back_low) & (found <= self.back_high)
        else:
            over = (found < self.low) | (found > self.high)
            still = (found < self.back_low) | (found > self.back_high)
        return Judged(readings.times, over, still, found, self._beyond(found), self._limits(found))

    def said(self, facts: Facts, /) -> Said:
        limit = self.allowed(facts.writing)
        return say(
            "{subject} {value}, {limit}", subject=facts.subject, value=facts.shown, limit=limit
        )

    def described(self, writing: Writing, /) -> Said:
        if self.op == ABOVE:
            return say("above {limit}", limit=Numeral(writing.rounded(self.high)))
        if self.op == BELOW:
            return say("below {limit}", limit=Numeral(writing.rounded(self.low)))
        low, high = Numeral(writing.limit(self.low)), Numeral(writing.rounded(self.high))
        if self.op == OUTSIDE:
            return say("outside {low} to {high}", low=low, high=high)
        return say("inside {low} to {high}", low=low, high=high)

    def described_clear(self, writing: Writing, /) -> Said | str:
        if self.clear is None:
            return ""
        back = Numeral(writing.rounded(self.clear))
        if self.op in (ABOVE, BELOW):
            return say("cleared at {limit}", limit=back)
        if self.op == OUTSIDE:
            return say("cleared {by} inside", by=back)
        return say("cleared {by} outside", by=back)

    def allowed(self, writing: Writing) -> Said:
        """The limit, or the range, in words."""
        low, high = (Numeral(writing.limit(each)) for each in (self.low, self.high))
        if self.op in (ABOVE, BELOW):
            return say("limit {limit}", limit=high if self.op == ABOVE else low)
        if self.op == OUTSIDE:
            return say("allowed {low} to {high}", low=low, high=high)
        return say("not allowed {low} to {high}", low=low, high=high)

    def _beyond(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far beyond the limit each is, or how far inside."""
        outside = np.maximum(self.low - values, values - self.high)
        return -outside if self.op == INSIDE else outside

    def _limits(self, values: NDArray[np.float64]) -> NDArray[np.float64] | float:
        """The limit that each is beyond, or the nearest."""
        if self.op == ABOVE:
            return self.high
        if self.op == BELOW:
            return self.low
        return np.where(self.low - values > values - self.high, self.low, self.high)

    def same(self, memory: Memory, /) -> Same:
        if memory.state is State.FIRING:
            return self._firing(memory)
        if self.op != INSIDE:
            return Same(self.low, self.high)
        if not isinstance(memory.value, float):
            return NOTHING
        if memory.value < self.low:
            return Same(-math.inf, math.nextafter(self.low, -math.inf))
        return Same(math.nextafter(self.high, math.inf), math.inf)

    def _firing(self, memory: Memory) -> Same:
        """On the side on which it is, what neither clears nor is worse than the worst."""
        value, worst, by = memory.value, memory.worst, memory.worst_by
        if self.op == INSIDE or not isinstance(value, float) or not isinstance(worst, float):
            return NOTHING
        sure = (by or 0.0) * _SURE
        if value > self.back_high:
            most = worst if worst > self.back_high else self.high + sure
            return Same(math.nextafter(self.back_high, math.inf), most)
        most = worst if worst < self.back_low else self.low - sure
        return Same(most, math.nextafter(self.back_low, -math.inf))
