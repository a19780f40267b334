"""A value that changes quickly: it rises or falls by more than a limit within a time. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from alerts.conditions import window
from alerts.conditions.facts import Facts, Writing
from alerts.conditions.form import Form
from alerts.conditions.judged import NOTHING, Judged, Judging, Readings, Same, Times, numbers
from alerts.conditions.memory import Memory, State
from alerts.conditions.window import HIGH, LOW
from telemetry.series.said import Numeral, Said, say
from telemetry.series.words import duration

RISES, FALLS, CHANGES = OPS = ("rises", "falls", "changes")
MIN_PER = 1.0  # seconds
SURE = 1 - 1e-9  # of a limit that was rounded, the share that is surely within it


@dataclass(frozen=True, slots=True)
class Rate(Judging):
    """How far a reading is above the lowest, or below the highest, of the time `per_us` before it.
    Judged at readings only: over a gap longer than that nothing is said. `window` has what is
    exact."""

    type: ClassVar[str] = "rate"
    fields: ClassVar[tuple[str, ...]] = ("op", "limit", "per", "clear", "worse")
    holds_between: ClassVar[bool] = False
    needs_all: ClassVar[bool] = True

    op: str
    limit: float
    per_us: int
    back: float  # the change at which one that fires clears
    worse_by: float | None = None

    @classmethod
    def read(cls, form: Form) -> Self:
        op = form.chosen("op", OPS)
        limit = form.number("limit", least=0.0, above=True)
        back = form.number("clear", default=limit, least=0.0)
        if form.right("limit", "clear") and back > limit:
            form.wrong("clear", "Write a number up to the limit.")
        worse = form.number("worse") if form.has("worse") else None
        if worse is not None and form.right("limit", "worse") and worse <= limit:
            form.wrong("worse", "Write a number above the limit.")
        per_us = form.duration_us("per", default=None, least=MIN_PER)
        return cls(op, limit, per_us, back, None if worse is None else worse - limit)

    def described_worse(self, writing: Writing, /) -> Said | str:
        if self.worse_by is None:
            return ""
        at = Numeral(writing.rounded(self.limit + self.worse_by))
        return say("worse from {limit}", limit=at)

    @property
    def lookback_us(self) -> int:
        return self.per_us + window.bucket_us(self.per_us)

    def judge(self, memory: Memory, readings: Readings, /) -> Judged:
        times, found = readings.times, numbers(readings.values)
        # Of several pieces one may fire, which only shows when all are judged.
        is_idle = memory.state is State.CLEARED and len(times) <= window.PIECE
        pieces = [
            self._changes(memory, times[at:][: window.PIECE], found[at:][: window.PIECE], is_idle)
            for at in range(0, len(times), window.PIECE)
        ]
        change = np.concatenate(pieces) if pieces else np.empty(0)
        over, still = change > self.limit, change > self.back
        return Judged(times, over, still, change, change - self.limit, self.limit)

    def same(self, memory: Memory, /) -> Same:
        """What is within the limit of all that is remembered, and of each other: a range that is no
        wider than the limit. What is forgotten meanwhile only leaves more room."""
        if memory.state is not State.CLEARED or not memory.window:
            return NOTHING
        low, high = min(row[LOW] for row in memory.window), max(row[HIGH] for row in memory.window)
        room = (self.limit * SURE - (high - low)) / 2
        return Same(low - room, high + room) if room > 0 else NOTHING

    def said(self, facts: Facts, /) -> Said:
        subject, value, time = facts.subject, facts.shown, Numeral(duration(self.per_us))
        what = {
            RISES: say(
                "{subject} rose {value} within {time}", subject=subject, value=value, time=time
            ),
            FALLS: say(
                "{subject} fell {value} within {time}", subject=subject, value=value, time=time
            ),
            CHANGES: say(
                "{subject} changed by {value} within {time}",
                subject=subject,
                value=value,
                time=time,
            ),
        }[self.op]
        return say(
            "{what}, limit {limit}", what=what, limit=Numeral(facts.writing.limit(self.limit))
        )

    def described(self, writing: Writing, /) -> Said:
        by, time = Numeral(writing.rounded(self.limit)), Numeral(duration(self.per_us))
        if self.op == RISES:
            return say("rises by more than {by} within {time}", by=by, time=time)
        if self.op == FALLS:
            return say("falls by more than {by} within {time}", by=by, time=time)
        return say("changes by more than {by} within {time}", by=by, time=time)

    def described_clear(self, writing: Writing, /) -> Said | str:
        if self.back == self.limit:
            return ""
        return say("cleared at {limit}", limit=Numeral(writing.rounded(self.back)))

    def _changes(
        self, memory: Memory, times: Times, values: NDArray[np.float64], is_idle: bool
    ) -> NDArray[np.float64]:
        size_us = window.bucket_us(self.per_us)
        kept = len(memory.window)
        rows = window.joined(memory.window, times, values)
        numbers = window.buckets(rows, size_us)
        first = np.searchsorted(numbers, (times - self.per_us) // size_us)
        memory.window = window.kept(rows, numbers, int(first[-1]))
        low, high = rows[:, LOW], rows[:, HIGH]
        if is_idle and high.max() - low.min() <= self.back:
            return np.zeros(len(times))  # none is beyond, so it does not matter how far they are
        last = np.arange(kept, len(rows))
        change = np.zeros(len(times))
        if self.op != FALLS:
            change = values - window.over(np.minimum, low, first, last)
        if self.op != RISES:
            change = np.maximum(change, window.over(np.maximum, high, first, last) - values)
        return change
