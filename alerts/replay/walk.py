"""What a condition would have done over stored readings, judged by the judge of the rules itself.

Exact: what is passed over are minutes, by their least and greatest value, in which the judge says
that nothing changes. Of presence facts are kept: `alerts.replay.presence`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from alerts.conditions import NEVER, Calm, Condition, Memory
from alerts.replay.replayed import Budget, Replayed
from alerts.replay.sources import CHUNK, NumbersOf, Source, Times
from telemetry.history import columns
from telemetry.history.columns import HOUR_US, MINUTE_US, Minutes

MAX_WEEKS_US = 9 * 7 * 24 * HOUR_US  # before the span, in which past hours are looked for


def replay(
    condition: Condition, source: Source, start_us: int, stop_us: int, budget: Budget
) -> Replayed:
    """As if the rule had been switched on at the start, with what it must know of before.

    Both are edges of minutes. Raises what the database raises, within `read_limit.limited`.
    """
    return _Walk(condition, source, start_us, stop_us, budget).work()


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
