"""What a condition would have done over stored readings, judged by the judge of the rules itself.

Exact: what is passed over are minutes, by their least and greatest value, in which the judge says
that nothing changes. Of presence facts are kept: `alerts.replay_presence`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from alerts.conditions import NEVER, Calm, Change, Condition, Memory, State
from alerts.conditions.expression import Expression
from telemetry.history import columns
from telemetry.history.columns import HOUR_US, MINUTE_US, Minutes

CHUNK = 50_000  # readings judged in one step
WINDOW_US = 6 * HOUR_US  # of a formula's series that are read at once
MAX_WEEKS_US = 9 * 7 * 24 * HOUR_US  # before the span, in which past hours are looked for

Times = NDArray[np.int64]


class Episode(NamedTuple):
    """One alert there would have been. Unix microseconds."""

    since_us: int  # from when on it held
    fired_us: int
    cleared_us: int | None  # None: it still stood at the end


@dataclass
class Budget:
    """What one answer may cost."""

    readings: int  # that may still be read
    until: float  # of `time.monotonic`

    @property
    def is_over(self) -> bool:
        return self.readings <= 0 or time.monotonic() >= self.until


@dataclass
class Replayed:
    """What became of one target; it was judged up to `judged_us`."""

    episodes: list[Episode] = field(default_factory=list)
    judged_us: int = 0

    def take(self, changes: list[Change]) -> None:
        for change in changes:
            last = self.episodes[-1] if self.episodes else None
            if change.state is State.FIRING:
                self.episodes.append(Episode(change.since_us, change.at_us, None))
            elif change.state is State.CLEARED and last is not None and last.cleared_us is None:
                self.episodes[-1] = last._replace(cleared_us=change.at_us)

    def since(self, start_us: int) -> Replayed:
        """Without what was over before the span."""
        self.episodes = [
            each for each in self.episodes if each.cleared_us is None or each.cleared_us > start_us
        ]
        return self


class Source(Protocol):
    """Where the readings of a target are."""

    def minutes(self, start_us: int, stop_us: int) -> Minutes: ...

    def read(self, start_us: int, stop_us: int) -> tuple[Times, NDArray[np.float64]]: ...


@dataclass(frozen=True)
class NumbersOf:
    """The numbers of one series."""

    series_id: int

    def minutes(self, start_us: int, stop_us: int) -> Minutes:
        return columns.minutes(self.series_id, start_us, stop_us)

    def read(self, start_us: int, stop_us: int) -> tuple[Times, NDArray[np.float64]]:
        return columns.numbers(self.series_id, start_us, stop_us)


@dataclass(frozen=True)
class HeardOf:
    """When anything came of some series, whatever it was."""

    series_ids: tuple[int, ...]

    def minutes(self, start_us: int, stop_us: int) -> Minutes:
        return columns.heard_minutes(self.series_ids, start_us, stop_us)

    def read(self, start_us: int, stop_us: int) -> tuple[Times, NDArray[np.float64]]:
        times = columns.heard(self.series_ids, start_us, stop_us)
        return times, np.zeros(len(times))


def replay(
    condition: Condition, source: Source, start_us: int, stop_us: int, budget: Budget
) -> Replayed:
    """As if the rule had been switched on at the start, with what it must know of before.

    Both are edges of minutes. Raises what the database raises, within `read_limit.limited`.
    """
    return _Walk(condition, source, start_us, stop_us, budget).work()


def replay_words(
    condition: Condition, series_id: int, start_us: int, stop_us: int, budget: Budget
) -> Replayed:
    """The same of what a series said: of words nothing is summed up, so all are read."""
    memory, done, at = Memory(), Replayed(judged_us=start_us), start_us - condition.lookback_us
    while at < stop_us and not budget.is_over:
        times, said = columns.words(series_id, at, stop_us, CHUNK)
        budget.readings -= len(times)
        at = int(times[-1]) + 1 if len(times) == CHUNK else stop_us
        memory, changes = condition.step(memory, times, said, at)
        done.take(changes)
        done.judged_us = at
    return done.since(start_us)


def replay_formula(
    condition: Condition, inputs: Mapping[str, int], start_us: int, stop_us: int, budget: Budget
) -> Replayed:
    """The same of a formula over several series, by the id of each name's: its values come of all
    of their readings, so all are read."""
    formula = condition.judging
    if not isinstance(formula, Expression):
        raise TypeError(f"{condition.type} is no formula")
    memory, done, back_us = Memory(), Replayed(judged_us=start_us), condition.lookback_us
    for at in range(start_us, stop_us, WINDOW_US):
        if budget.is_over:
            break
        until = min(at + WINDOW_US, stop_us)
        read = {name: columns.numbers(pk, at - back_us, until) for name, pk in inputs.items()}
        budget.readings -= sum(len(times) for times, _ in read.values())
        instants = np.unique(np.concatenate([times for times, _ in read.values()]))
        instants = instants[instants >= at]
        memory, changes = condition.step(memory, instants, formula.evaluate(read, instants), until)
        done.take(changes)
        done.judged_us = until
    return done.since(start_us)


class _Walk:
    """Goes through the minutes of one target, and reads those that may change something."""

    def __init__(
        self, condition: Condition, source: Source, start_us: int, stop_us: int, budget: Budget
    ) -> None:
        self.condition, self.source, self.budget = condition, source, budget
        self.stop_us = stop_us
        first = (start_us - condition.lookback_us) // MINUTE_US * MINUTE_US
        self.minutes = source.minutes(first, stop_us)
        self.memory = Memory()
        self.done = Replayed(judged_us=start_us)
        self.past: dict[int, float] | None = None
        self.start_us = start_us
        self.stride = 1  # minutes that are read at once

    def work(self) -> Replayed:
        at, size = 0, len(self.minutes.starts_us)
        while at < size:
            begin, end = self._next(at)
            if begin is None:
                break
            if self.budget.is_over:
                return self.done.since(self.start_us)
            at = end
            self._judge(begin, end)
        if at < size:  # these change nothing, but the newest is what silence is counted from
            self._judge(size - 1, size)
        elif not size:
            self._step(np.empty(0, dtype=np.int64), np.empty(0), self.stop_us)
        self.done.judged_us = self.stop_us
        return self.done.since(self.start_us)

    def _next(self, at: int) -> tuple[int | None, int]:
        """The next minutes `[begin, end)` to be read; None: no other changes anything."""
        if self.condition.needs_all:
            stirring = np.ones(len(self.minutes.starts_us) - at, dtype=bool)
        else:
            calm = self.condition.calm(self.memory)
            stirring = _stirring(self.minutes, at, calm, self.memory)
        found = np.flatnonzero(stirring)
        if not len(found):
            return None, at
        first = at + int(found[0])
        # From the minute before: the judge has to know the newest reading before these.
        begin, end = max(at, first - 1), first + 1
        calm_again = np.flatnonzero(~stirring[first - at :])
        most = first + int(calm_again[0]) if len(calm_again) else len(self.minutes.starts_us)
        # A few first: what these change may be that the rest is calm. Then ever more at once.
        self.stride = 2 * self.stride if first == at else 1
        most = min(most, first + self.stride)
        sizes = np.cumsum(self.minutes.readings[begin:most])
        return begin, max(end, begin + int(np.searchsorted(sizes, CHUNK)))

    def _judge(self, begin: int, end: int) -> None:
        starts = self.minutes.starts_us
        times, values = self.source.read(int(starts[begin]), int(starts[end - 1]) + MINUTE_US)
        self.budget.readings -= len(times)
        now_us = int(starts[end]) if end < len(starts) else self.stop_us
        self._step(times, values, now_us)
        self.done.judged_us = now_us

    def _step(self, times: Times, values: NDArray[np.float64], now_us: int) -> None:
        past = self._past() if self.condition.hours(self.memory, times) else {}
        self.memory, changes = self.condition.step(self.memory, times, values, now_us, past)
        self.done.take(changes)

    def _past(self) -> dict[int, float]:
        if self.past is None and isinstance(self.source, NumbersOf):
            first = (self.start_us - MAX_WEEKS_US) // HOUR_US * HOUR_US
            last = -(-self.stop_us // HOUR_US) * HOUR_US
            self.past = columns.hourly_means(self.source.series_id, first, last)
        return self.past or {}


def _stirring(minutes: Minutes, at: int, calm: Calm, memory: Memory) -> NDArray[np.bool_]:
    """Of the minutes from `at` on, which may change something."""
    starts = minutes.starts_us[at:]
    ends = starts + MINUTE_US
    found = (minutes.low[at:] < calm.low) | (minutes.high[at:] > calm.high)
    found |= ends > min(calm.due_us, calm.until_us)
    if calm.gap_us < NEVER:
        before = np.concatenate((minutes.starts_us[max(at - 1, 0) : at], starts))[: len(starts)]
        if at == 0:
            before = np.concatenate((starts[:1], starts[:-1]))
        elif memory.newest_us is not None:
            before[0] = memory.newest_us
        found |= ends - before > calm.gap_us
    return found


def silently_calm(
    condition: Condition, series_ids: list[int], start_us: int, stop_us: int
) -> Iterator[int]:
    """Those of the series that need no walk: over all of the span, nothing of theirs can change
    anything. One look at the rollups for all of them."""
    calm = condition.calm(Memory())
    if min(calm.due_us, calm.until_us, calm.gap_us) < NEVER or calm.low > calm.high:
        return
    first = (start_us - condition.lookback_us) // HOUR_US * HOUR_US
    last = -(-stop_us // HOUR_US) * HOUR_US
    found = columns.extremes(series_ids, first, last)
    for series_id in series_ids:
        low, high = found.get(series_id, (calm.low, calm.high))
        if calm.low <= low and high <= calm.high:
            yield series_id
