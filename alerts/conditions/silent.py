"""No data: nothing is heard of a series or a device for longer than is expected. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from alerts.conditions.facts import Facts, Writing
from alerts.conditions.form import MAX_DURATION, SECOND_US, Form
from alerts.conditions.judged import (
    NOTHING,
    Judged,
    Judging,
    Readings,
    Same,
    Subject,
    Takes,
)
from alerts.conditions.memory import Memory
from telemetry.series.said import Numeral, Said, say
from telemetry.series.words import duration, number

MAX_TIMES = 10_000  # expected intervals
DEFAULT_TIMES = 5.0  # after which a page calls a device silent as well
MIN_SILENT_US = 10 * SECOND_US  # no target is silent sooner, however often it speaks
DEFAULT_INTERVAL_US = 60 * SECOND_US  # of a target whose interval nobody has said


@dataclass(frozen=True, slots=True)
class Silent(Judging):
    """It begins `after_us` after the newest reading, and ends with the next one. A target that was
    never heard is not silent: it has not begun."""

    type: ClassVar[str] = "silent"
    fields: ClassVar[tuple[str, ...]] = ("times", "seconds")
    common: ClassVar[tuple[str, ...]] = ()
    subject: ClassVar[Subject] = Subject.EITHER
    says_how_long: ClassVar[bool] = True

    times: float | None  # of the expected interval
    after_us: int
    interval_us: int | None = None  # expected; None: the document has seconds

    @classmethod
    def read(cls, form: Form) -> Self:
        if form.has("seconds"):
            if form.has("times"):
                form.wrong("times", "Write either times or seconds.")
            return cls(None, form.duration_us("seconds", least=1))
        times = form.number("times", default=DEFAULT_TIMES, least=1)
        if times > MAX_TIMES:
            form.wrong("times", f"Write a number up to {MAX_TIMES}.")
        return cls(times, 0)._every(DEFAULT_INTERVAL_US)

    @property
    def takes(self) -> Takes:
        return Takes.TIMES

    def fitted(self, interval_us: int, /) -> Self:
        return self if self.times is None else self._every(interval_us)

    def _every(self, interval_us: int) -> Self:
        after = min((self.times or 1) * interval_us, MAX_DURATION * SECOND_US)
        after_us = max(math.floor(after), MIN_SILENT_US)
        return replace(self, after_us=after_us, interval_us=interval_us)

    def judge(self, memory: Memory, readings: Readings, /) -> Judged:
        """Beside the readings there is one event at the beginning of each silence."""
        times = heard = readings.times
        if memory.newest_us is not None and memory.held_us is None:
            heard = np.concatenate((np.array([memory.newest_us], dtype=np.int64), times))
        # While it is silent already, only what is heard now can begin another silence.
        ends = np.append(heard[1:], readings.now_us)[: len(heard)]
        begins = heard[ends - heard > self.after_us] + self.after_us
        events = np.concatenate((times, begins))
        order = np.argsort(events, kind="stable")
        silent = np.concatenate((np.zeros(len(times), bool), np.ones(len(begins), bool)))[order]
        limit = self.after_us / SECOND_US
        return Judged(events[order], silent, silent, [None] * len(events), limits=limit)

    def said(self, facts: Facts, /) -> Said:
        time = Numeral(duration(self.after_us + facts.for_us))
        said = say("{subject}: no data for {time}", subject=facts.subject, time=time)
        if self.interval_us is None:
            return said
        return say(
            "{what}, expected every {time}", what=said, time=Numeral(duration(self.interval_us))
        )

    def described(self, _writing: Writing, /) -> Said:
        if self.times is None:
            return say("no data for {time}", time=Numeral(duration(self.after_us)))
        times = Numeral(number(self.times))
        return say("no data for {times} times the expected interval", times=times)

    def same(self, memory: Memory, /) -> Same:
        return Same(-math.inf, math.inf) if memory.held_us is None else NOTHING

    def due_us(self, memory: Memory, /) -> int | None:
        if memory.newest_us is None or memory.held_us is not None:
            return None
        return memory.newest_us + self.after_us + 1

    @property
    def gap_us(self) -> int | None:
        return self.after_us + 1
