"""A condition: what must hold, for how long, in how many readings, and in which hours. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from alerts.conditions.judged import (
    NEVER,
    NOTHING,
    Judging,
    Past,
    Readings,
    Subject,
    Takes,
    Times,
    Values,
)
from alerts.conditions.memory import Change, Memory, State
from alerts.conditions.run import Run
from alerts.conditions.schedule import Schedule


class Calm(NamedTuple):
    """While every value lies in `[low, high]`, every time is below `until_us`, every time and now
    are below `due_us`, and no two readings, nor the newest and now, are `gap_us` or more apart, a
    step would change nothing. `NEVER` where there is no such instant."""

    low: float
    high: float
    due_us: int = NEVER
    gap_us: int = NEVER
    until_us: int = NEVER


@dataclass(frozen=True, slots=True)
class Condition:
    """Each target is judged by itself, with a memory of its own.

    A value holds until the next reading, so a duration also passes without one; rate, stuck and
    deviation are judged at readings only. `for_us` is how long it must hold before it fires,
    `count` in how many readings in a row. Outside its schedule nothing holds.
    """

    judging: Judging
    for_us: int = 0
    count: int = 1
    schedule: Schedule | None = None

    @property
    def type(self) -> str:
        return self.judging.type

    @property
    def subject(self) -> Subject:
        return self.judging.subject

    @property
    def takes(self) -> Takes:
        return self.judging.takes

    @property
    def lookback_us(self) -> int:
        """How much of the readings before an instant a new memory must be given first."""
        return self.judging.lookback_us

    @property
    def needs_all(self) -> bool:
        """Whether a step is to be given also what the screen passed over since the last one."""
        return self.judging.needs_all

    def fitted(self, interval_us: int) -> Condition:
        """The same for a target that is expected to speak so often."""
        fitted = self.judging.fitted(interval_us)
        return self if fitted is self.judging else replace(self, judging=fitted)

    def step(
        self,
        memory: Memory,
        times_us: Times,
        values: Values,
        now_us: int,
        past: Past | None = None,
    ) -> tuple[Memory, list[Change]]:
        """Judge the next readings of a target, and the time up to `now_us`.

        `times_us` ascend, and every reading that is to come is not before `now_us`. Of readings at
        one instant the first counts, and what is not newer than `memory.newest_us` is passed over:
        it was judged before, or it came late and is for a replay. The memory given stays as it is.
        """
        times, values = _fresh(memory.newest_us, times_us, values)
        found = memory.copy()
        newest = int(times[-1]) if len(times) else None
        if len(times) and self.takes is Takes.NUMBERS:
            times, values = _numbers(times, values)
        judged = self.judging.judge(found, Readings(times, values, now_us, past or {}))
        run = Run(found, judged, now_us, self.judging, self.for_us, self.count, self.schedule)
        changes = run.work()
        if changes:
            found.changed_us = changes[-1].at_us
        if newest is not None:  # also one without a value: it is not to be looked at again
            found.newest_us = newest
        return found, changes

    def is_worse(self, memory: Memory) -> bool:
        """Whether it fires, and has been so far beyond its limit that it counts as worse."""
        worse = self.judging.worse_by
        return (
            worse is not None
            and memory.state is State.FIRING
            and memory.worst_by is not None
            and memory.worst_by >= worse
        )

    def calm(self, memory: Memory) -> Calm:
        """When the next step is needed."""
        is_idle = memory.state is State.CLEARED and memory.held_us is None
        low, high, until = NOTHING
        if is_idle or (memory.state is State.FIRING and self.schedule is None):
            low, high, until = self.judging.same(memory)
        if is_idle:
            return Calm(low, high, NEVER, _or_never(self.judging.gap_us), until)
        return Calm(low, high, _or_never(self.due_us(memory)), NEVER, until)

    def due_us(self, memory: Memory) -> int | None:
        """The first `now_us` at which time alone changes something; None: never."""
        if memory.state is State.CLEARED:
            due = self.judging.due_us(memory)
            if memory.held_us is None or due is not None:
                return due
            if self.schedule is None or not self.judging.holds_between:
                return None
            opens = self.schedule.opens(max(memory.held_us, memory.ended_us or memory.held_us))
            return None if opens is None else opens + 1
        since = memory.since_us or 0
        found = []
        if self.schedule is not None:
            found.append(self.schedule.next_edge(since))
        if (
            memory.state is State.PENDING
            and self.judging.holds_between
            and memory.count >= self.count
        ):
            found.append(since + self.for_us + 1)
        return min((due for due in found if due is not None), default=None)

    def hours(self, memory: Memory, times_us: Times) -> list[tuple[int, int]]:
        """The past hours `[start, stop)` whose means `step` needs as `past`, for these readings."""
        return self.judging.hours(memory, _fresh(memory.newest_us, times_us, times_us)[0])

    def resume_us(self, memory: Memory, now_us: int) -> int:
        """From when on stored readings are to be given to a stored memory before those at `now_us`,
        when every step up to then was made, and it was stored with every change."""
        if memory.state is State.CLEARED and memory.held_us is None:
            return max(memory.newest_us or 0, now_us - self.lookback_us)
        return min(now_us, memory.newest_us if memory.newest_us is not None else now_us)


def _fresh(newest_us: int | None, times: Times, values: Any) -> tuple[Times, Any]:
    """Those that are newer than all before them."""
    if not len(times):
        return times, values
    if newest_us is not None and times[0] <= newest_us:
        keep = times > newest_us
        times, values = times[keep], _kept(values, keep)
    if len(times) > 1:
        keep = np.ones(len(times), dtype=bool)
        keep[1:] = times[1:] > np.maximum.accumulate(times)[:-1]
        if not keep.all():
            times, values = times[keep], _kept(values, keep)
    return times, values


def _kept(values: Any, keep: Any) -> Any:
    if isinstance(values, np.ndarray):
        return values[keep]
    return [value for value, kept in zip(values, keep.tolist(), strict=True) if kept]


def _numbers(times: Times, values: Any) -> tuple[Times, Any]:
    """Without those that are no number: a formula has no value there."""
    values = np.asarray(values, dtype=np.float64)
    if math.isnan(float(values.sum())):
        keep = ~np.isnan(values)
        times, values = times[keep], values[keep]
    return times, values


def _or_never(us: int | None) -> int:
    return NEVER if us is None else us
