"""A value that no longer changes: a sensor that is stuck. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from alerts.conditions import window
from alerts.conditions.facts import Facts, Writing
from alerts.conditions.form import MAX_COUNT, Form
from alerts.conditions.judged import NOTHING, Judged, Judging, Readings, Same, Times, numbers
from alerts.conditions.memory import Memory, State
from alerts.conditions.window import FIRST_US, HIGH, LOW, READINGS
from telemetry.series.said import Numeral, Said, say
from telemetry.series.words import duration

MIN_FOR = 1.0  # seconds
DEFAULT_COUNT = 3  # readings: two that are alike say little
LOOKS_BACK = (
    2  # spans; with no reading between one and two of them there was a gap, which is not stuck
)


@dataclass(frozen=True, slots=True)
class Stuck(Judging):
    """All readings of the last `span_us`, and the one before, lie within `tolerance` of each
    other. Judged at readings only: what says nothing is silent. `window` has what is exact."""

    type: ClassVar[str] = "stuck"
    fields: ClassVar[tuple[str, ...]] = ("tolerance", "for", "count")
    common: ClassVar[tuple[str, ...]] = ()
    holds_between: ClassVar[bool] = False
    needs_all: ClassVar[bool] = True

    tolerance: float
    span_us: int
    readings: int  # in that time, at least

    @classmethod
    def read(cls, form: Form) -> Self:
        tolerance = form.number("tolerance", default=0.0, least=0.0)
        span = form.duration_us("for", default=None, least=MIN_FOR)
        count = form.whole("count", default=DEFAULT_COUNT, least=2, most=MAX_COUNT)
        return cls(tolerance, span, count)

    @property
    def held_before_us(self) -> int:
        return self.span_us

    @property
    def lookback_us(self) -> int:
        return LOOKS_BACK * self.span_us + 2 * window.bucket_us(self.span_us)

    def judge(self, memory: Memory, readings: Readings, /) -> Judged:
        times, found = readings.times, numbers(readings.values)
        pieces = [
            self._is_stuck(memory, times[at : at + window.PIECE], found[at : at + window.PIECE])
            for at in range(0, len(times), window.PIECE)
        ]
        stuck = np.concatenate(pieces) if pieces else np.empty(0, dtype=bool)
        return Judged(times, stuck, stuck, found)

    def same(self, memory: Memory, /) -> Same:
        """It is not stuck as long as two readings that differ are both looked at."""
        if memory.state is not State.CLEARED:
            return NOTHING
        low, high = math.inf, -math.inf
        for row in reversed(memory.window):
            low, high = min(low, row[LOW]), max(high, row[HIGH])
            if high - low > self.tolerance:
                return Same(-math.inf, math.inf, int(row[FIRST_US]) + self.span_us)
        return NOTHING

    def said(self, facts: Facts, /) -> Said:
        return say("{subject} unchanged at {value}", subject=facts.subject, value=facts.shown)

    def described(self, writing: Writing, /) -> Said:
        time = Numeral(duration(self.span_us))
        if not self.tolerance:
            return say("unchanged for {time}", time=time)
        by = Numeral(writing.rounded(self.tolerance))
        return say("unchanged within {by} for {time}", by=by, time=time)

    def _is_stuck(
        self, memory: Memory, times: Times, values: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        kept = len(memory.window)
        rows = window.joined(memory.window, times, values)
        numbers = window.buckets(rows, window.bucket_us(self.span_us))
        # The bucket of the newest reading that is as old as the span.
        before = np.searchsorted(rows[:, FIRST_US], times - self.span_us, "right") - 1
        first = np.searchsorted(numbers, numbers[np.maximum(before, 0)])
        memory.window = window.kept(rows, numbers, int(first[-1]))
        low, high = rows[:, LOW], rows[:, HIGH]
        # What was kept, as far as the window of each of these has it.
        common = slice(int(first[-1]), kept)
        if first[-1] < kept and high[common].max() - low[common].min() > self.tolerance:
            return np.zeros(len(times), dtype=bool)
        last = np.arange(kept, len(rows))
        spread = window.over(np.maximum, high, first, last) - window.over(
            np.minimum, low, first, last
        )
        total = np.concatenate(([0.0], np.cumsum(rows[:, READINGS])))
        return (
            (before >= 0)
            & (rows[first, FIRST_US] >= times - LOOKS_BACK * self.span_us)
            & (spread <= self.tolerance)
            & (total[last + 1] - total[first] >= self.readings)
        )
