"""What readings say, made into pending, firing and cleared: duration, count and schedule. Pure.

Readings that change nothing are passed over by numpy; the loop goes once for each that does, and
once for each change that time alone makes. A change of time at an instant comes before a reading
only when it is earlier: what ends at the very end of a duration has not lasted longer than that.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alerts.conditions.judged import NEVER, Judged, Judging
from alerts.conditions.memory import Change, Memory, State, Value
from alerts.conditions.schedule import Schedule


class Run:
    """One step of one target. Works on the memory that it is given."""

    def __init__(
        self,
        memory: Memory,
        judged: Judged,
        now_us: int,
        judging: Judging,
        for_us: int,
        count: int,
        schedule: Schedule | None,
    ) -> None:
        self.memory = memory
        self.judged = judged
        self.now = now_us
        self.for_us = for_us
        self.count = count
        self.schedule = schedule
        self.holds_between = judging.holds_between
        self.held_before_us = judging.held_before_us
        self.changes: list[Change] = []
        self._at = 0  # the next reading
        self._size = len(judged.times)
        self._over = judged.over.nonzero()[0]
        self._under = (~judged.over).nonzero()[0]
        self._ended = (~judged.still).nonzero()[0]

    def work(self) -> list[Change]:
        going = True
        while going:
            if self.memory.state is State.CLEARED:
                going = self._waits()
            elif self.memory.state is State.PENDING:
                going = self._holds()
            else:
                going = self._fires()
        return self.changes

    # Each of these makes at most one change, and says whether there is more to do.

    def _waits(self) -> bool:
        memory = self.memory
        if self.schedule is not None and self.holds_between and memory.held_us is not None:
            opens = self.schedule.opens(max(memory.held_us, memory.ended_us or memory.held_us))
            if opens is not None and opens < min(self._time(self._at), self.now):
                self._begin(opens)
                return True
        at = _next(self._over, self._at, self._size)
        if at > self._at:
            memory.held_us = None
            memory.value = self.judged.value(at - 1)
        self._at = at
        if at >= self._size:
            return False
        time = self._time(at)
        if self.schedule is None or self.schedule.is_open(time):
            self._note(at, at + 1)
            self._begin(time)
            return True
        # Closed: what counts is what the last reading says when it opens.
        opens = self.schedule.opens(time)
        stop = self._size if opens is None else self._place(opens)
        self._at = stop
        if self.judged.over[stop - 1]:
            self._note(stop - 1, stop)
        else:
            memory.held_us = None
            memory.value = self.judged.value(stop - 1)
        return True

    def _holds(self) -> bool:
        memory = self.memory
        stop = _next(self._under, self._at, self._size)
        closes = self._closes()
        due = (memory.since_us or 0) + self.for_us
        # The reading that makes it so many; the one before the next, when there are enough.
        enough = max(self._at + self.count - memory.count, self._at) - 1
        found = NEVER
        if enough < stop:
            found = max(due, self._time(enough) if enough >= self._at else due)
        if not self.holds_between and found < NEVER:
            first = max(self._place(found), self._at, enough)
            found = self._time(first) if first < stop else NEVER
        place = self._place(found) if found < NEVER else stop
        is_reading = place < stop and self._time(place) == found
        if found < closes and (is_reading or found < min(self._time(stop), self.now)):
            self._pass(place + 1 if is_reading else place)
            memory.state = State.FIRING
            self._tell(found, memory.value, memory.limit)
            return True
        return self._end(stop, closes)

    def _fires(self) -> bool:
        return self._end(_next(self._ended, self._at, self._size), self._closes())

    def _end(self, stop: int, closes: int) -> bool:
        """The end of the schedule or the reading that ends it, whichever comes first, if one
        does."""
        if closes <= min(self._time(stop), self.now):
            self._pass(self._place(closes))
            self._close(closes)
            return True
        self._pass(stop)
        if stop >= self._size:
            return False
        self._at = stop + 1
        self.memory.held_us = None
        self.memory.value = self.judged.value(stop)
        self._clear(self._time(stop), self.memory.value, self.judged.limit(stop))
        return True

    def _begin(self, at_us: int) -> None:
        """The condition begins to hold, by the reading that was noted last."""
        memory = self.memory
        memory.since_us, memory.count = at_us, 1
        if self.for_us == 0 and self.count <= 1:
            memory.state = State.FIRING
        else:
            memory.state = State.PENDING
        self._tell(at_us, memory.value, memory.limit)

    def _note(self, first: int, stop: int) -> None:
        """Readings `[first, stop)` count: the last of them is the newest, and one the worst."""
        memory, judged = self.memory, self.judged
        last = stop - 1
        self._at = stop
        memory.held_us = self._time(last) if judged.over[last] else None
        memory.value, memory.limit = judged.value(last), judged.limit(last)
        if memory.state is State.CLEARED:
            memory.worst = memory.worst_by = None
        if judged.by is None:
            return
        worst = first + int(np.argmax(judged.by[first:stop]))
        by = float(judged.by[worst])
        if memory.worst_by is None or by > memory.worst_by:
            value = judged.value(worst)
            memory.worst, memory.worst_by = (value if isinstance(value, float) else None), by

    def _pass(self, stop: int) -> None:
        """Readings up to there say the same as before."""
        if stop > self._at:
            self.memory.count = min(self.memory.count + stop - self._at, self.count)
            self._note(self._at, stop)

    def _close(self, at_us: int) -> None:
        self.memory.ended_us = at_us
        self._clear(at_us, None, None)

    def _clear(self, at_us: int, value: Value | None, limit: float | None) -> None:
        self.memory.state = State.CLEARED
        self._tell(at_us, value, limit)
        self.memory.since_us, self.memory.count = None, 0

    def _tell(self, at_us: int, value: Value | None, limit: float | None) -> None:
        memory = self.memory
        since = (memory.since_us if memory.since_us is not None else at_us) - self.held_before_us
        self.changes.append(Change(at_us, memory.state, value, limit, since, memory.worst))

    def _closes(self) -> int:
        """When the schedule ends what holds."""
        if self.schedule is None or self.memory.since_us is None:
            return NEVER
        closes = self.schedule.next_edge(self.memory.since_us)
        return NEVER if closes is None else closes

    def _time(self, at: int) -> int:
        return int(self.judged.times[at]) if at < self._size else NEVER

    def _place(self, at_us: int) -> int:
        """The first reading that is not before this instant, of those that are left."""
        return max(self._at, int(np.searchsorted(self.judged.times, at_us)))


def _next(places: NDArray[np.intp], at: int, size: int) -> int:
    """The first of these places from `at` on; `size` when there is none."""
    found = int(places.searchsorted(at))
    return int(places[found]) if found < len(places) else size
