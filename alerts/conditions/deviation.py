"""A value that is unusual for the hour: it differs from the same hour of past weeks. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerts.conditions.facts import Facts, Writing
from alerts.conditions.form import Form
from alerts.conditions.judged import NOTHING, Judged, Judging, Past, Readings, Same, Times, numbers
from alerts.conditions.memory import Memory, State
from alerts.conditions.schedule import first_us, zone_of
from alerts.conditions.threshold import ABOVE, BELOW, OUTSIDE
from telemetry.moments import from_us
from telemetry.series.said import Numeral, Said, say
from telemetry.series.words import number

OPS = (OUTSIDE, ABOVE, BELOW)
MAX_WEEKS = 8
ENOUGH_WEEKS = 2  # of which readings are needed before anything is unusual; 1 where 1 is asked for
HOUR_US = 3_600_000_000
QUARTER_US = HOUR_US // 4  # no zone's hours begin at other times
MAX_HOURS = 2  # of which a memory keeps what is usual: this one, and the one before
MAX_PERCENT = 1_000.0


@dataclass(frozen=True, slots=True)
class Deviation(Judging):
    """What is usual is the median of the means that the same hour of the same day of the week had,
    by the clock of `zone`. Judged at readings only, and not where history says too little."""

    type: ClassVar[str] = "deviation"
    fields: ClassVar[tuple[str, ...]] = ("op", "weeks", "by", "relative", "clear", "zone")
    holds_between: ClassVar[bool] = False

    op: str
    weeks: int
    by: float  # in the unit of the series; in percent of what is usual when `relative`
    relative: bool
    back: float  # the same, at which one that fires clears
    zone: ZoneInfo

    @classmethod
    def read(cls, form: Form) -> Self:
        op = form.chosen("op", OPS, OUTSIDE)
        weeks = form.whole("weeks", default=MAX_WEEKS // 2, least=1, most=MAX_WEEKS)
        relative = form.truth("relative", default=False)
        by = form.number("by", least=0.0, above=True)
        back = form.number("clear", default=by, least=0.0)
        if relative and by > MAX_PERCENT:
            form.wrong("by", f"Write percent, up to {MAX_PERCENT:g}.")
        if form.right("by", "clear") and back > by:
            form.wrong("clear", "Write a number up to by.")
        zone = form.made("zone", lambda: zone_of(form.given.get("zone", "UTC")))
        return cls(op, weeks, by, relative, back, zone or ZoneInfo("UTC"))

    def hours(self, memory: Memory, times: Times, /) -> list[tuple[int, int]]:
        found = [
            start
            for hour in dict.fromkeys(self._hours(times)[0].values())
            if first_us(self.zone, hour) not in memory.hours
            for start in self._past(hour)
        ]
        return [(start, start + HOUR_US) for start in dict.fromkeys(found)]

    def judge(self, memory: Memory, readings: Readings, /) -> Judged:
        found = numbers(readings.values)
        usual = self._usual(memory, readings.times, readings.past)
        share = np.abs(usual) / 100 if self.relative else np.ones(len(usual))
        away = found - usual
        by = {ABOVE: away, BELOW: -away, OUTSIDE: np.abs(away)}[self.op]
        side = np.where(away < 0, -1.0, 1.0)
        return Judged(
            readings.times,
            by > self.by * share,
            by > self.back * share,
            found,
            by - self.by * share,
            usual + side * self.by * share,
        )

    def same(self, memory: Memory, /) -> Same:
        """Until the quarter of an hour is over; only of one that is as usual."""
        if memory.state is State.FIRING or not memory.hours or memory.newest_us is None:
            return NOTHING
        until = (memory.newest_us // QUARTER_US + 1) * QUARTER_US
        usual = next(reversed(memory.hours.values()))
        if usual is None:
            return Same(-math.inf, math.inf, until)
        margin = self.by * (abs(usual) / 100 if self.relative else 1.0)
        margin *= 1 - 1e-9  # it was rounded
        low = -math.inf if self.op == ABOVE else usual - margin
        high = math.inf if self.op == BELOW else usual + margin
        return Same(low, high, until)

    def said(self, facts: Facts, /) -> Said:
        subject, value = facts.subject, facts.shown
        if facts.limit is None or isinstance(facts.value, str | None):
            return say("{subject} {value}, unusual for the hour", subject=subject, value=value)
        usual = Numeral(number(facts.limit, facts.precision))
        limit = (
            say("usual for the hour up to {limit}", limit=usual)
            if facts.value > facts.limit
            else say("usual for the hour from {limit}", limit=usual)
        )
        return say("{subject} {value}, {limit}", subject=subject, value=value, limit=limit)

    def described(self, writing: Writing, /) -> Said:
        by = self._distance(self.by, writing)
        last = (
            say("the same hour of the last week")
            if self.weeks == 1
            else say("the same hour of the last {weeks} weeks", weeks=self.weeks)
        )
        if self.op == ABOVE:
            return say("more than {by} above {what}", by=by, what=last)
        if self.op == BELOW:
            return say("more than {by} below {what}", by=by, what=last)
        return say("more than {by} away from {what}", by=by, what=last)

    def described_clear(self, writing: Writing, /) -> Said | str:
        if self.back == self.by:
            return ""
        return say("cleared at {limit}", limit=self._distance(self.back, writing))

    def _distance(self, by: float, writing: Writing) -> Numeral:
        return Numeral(f"{number(by)}\u2009%" if self.relative else writing.rounded(by))

    def _usual(self, memory: Memory, times: Times, past: Past) -> NDArray[np.float64]:
        """What is usual at each of these times; NaN where too little is known."""
        hour_of, places = self._hours(times)
        usual = {}
        for quarter, hour in hour_of.items():
            start = first_us(self.zone, hour)
            if start not in memory.hours:
                means = [past[each] for each in self._past(hour) if each in past]
                enough = len(means) >= min(ENOUGH_WEEKS, self.weeks)
                memory.hours[start] = median(means) if enough else None
            usual[quarter] = memory.hours.pop(start)
            memory.hours[start] = usual[quarter]  # the newest stands last
        for start in list(memory.hours)[:-MAX_HOURS]:
            del memory.hours[start]
        of_quarter = [math.nan if each is None else each for each in usual.values()]
        return np.array(of_quarter, dtype=np.float64)[places]

    def _hours(self, times: Times) -> tuple[dict[int, datetime], NDArray[np.intp]]:
        """The local hour of each quarter of an hour in which there are readings, and of each
        reading which of these quarters it is in."""
        quarters, places = np.unique(times // QUARTER_US, return_inverse=True)
        hours = {}
        for quarter in quarters.tolist():
            wall = from_us(quarter * QUARTER_US).astimezone(self.zone).replace(tzinfo=None)
            hours[quarter] = wall.replace(minute=0, second=0, microsecond=0, fold=0)
        return hours, places

    def _past(self, hour: datetime) -> list[int]:
        return [
            first_us(self.zone, hour - timedelta(weeks=back)) for back in range(1, self.weeks + 1)
        ]
