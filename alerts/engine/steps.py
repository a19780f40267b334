"""Steps of targets: what is new of their series is read and given to their conditions, and what
comes of it is kept until it is written."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.conditions import Change, Memory, State, Subject
from alerts.engine.target import Found, Target
from alerts.engine.watched import UNREAD, Watched
from alerts.engine.writing import OLD_US
from devices.presence import MAX_AHEAD
from telemetry.history import news

AHEAD_US = MAX_AHEAD * 1_000
KEPT = 32  # pieces of readings that a target waits for at least, before it is stepped with them

NO_TIMES, NO_VALUES = np.empty(0, dtype=np.int64), np.empty(0)

Times = NDArray[np.int64]
Values = NDArray[np.float64] | list[float | str]


class Steps:
    """Of one share."""

    def __init__(self, watched: Watched) -> None:
        self.watched = watched
        self.found: list[Found] = []  # and not written yet
        self.worst: dict[int, Target] = {}  # by slot, whose worst value may be another
        # By slot: the first reading of those that came after time alone had decided what they say
        # otherwise. They are for `alerts.engine.history`.
        self.early: dict[int, int] = {}
        self.readings = 0

    def numbers(
        self,
        places: NDArray[np.intp],
        since_us: Times,
        until_us: Times,
        known_us: int,
        *,
        is_news: bool,
    ) -> None:
        """Read series, by their places, and judge their targets. `is_news`: they were committed
        just now."""
        watched = self.watched
        found = news.numbers(watched.series[places], since_us, until_us)
        if not len(found.places):
            return
        self.readings += len(found.places)
        of = places[found.places]
        ends = np.flatnonzero(np.append(of[1:] != of[:-1], True))
        newest = found.times_us[ends]
        watched.read_us[of[ends]] = np.maximum(watched.read_us[of[ends]], newest)
        for level in watched.levels:
            heard = level[of[ends]]
            if is_news:
                watched.note_newest(heard[heard >= 0], newest[heard >= 0], known_us)
            slots = level[of]
            has = slots >= 0
            self._judge(slots[has], found.times_us[has], found.values[has], known_us)

    def _judge(
        self,
        slots: NDArray[np.intp],
        times_us: Times,
        values: NDArray[np.float64],
        known_us: int,
    ) -> None:
        """Of each slot at most one target, in order of slots and times."""
        watched = self.watched
        stirred = watched.screen.stirred(slots, times_us, values).slots
        early = times_us <= watched.changed_us[slots]
        if early.any():
            stirred = np.union1d(stirred, slots[early])
        self._keep(slots, times_us, values, stirred, known_us)
        starts = np.searchsorted(slots, stirred)
        stops = np.searchsorted(slots, stirred, side="right")
        for slot, start, stop in zip(
            stirred.tolist(), starts.tolist(), stops.tolist(), strict=True
        ):
            target = watched.targets[slot]
            self.step(target, times_us[start:stop], values[start:stop], known_us)

    def _keep(
        self,
        slots: NDArray[np.intp],
        times_us: Times,
        values: NDArray[np.float64],
        stirred: NDArray[np.intp],
        known_us: int,
    ) -> None:
        """Readings that were passed over, for targets that need all: a step costs as much for a
        few as for many, so they are given many at once."""
        needed = self.watched.needs_all[slots]
        if not needed.any():
            return
        needed &= ~np.isin(slots, stirred)
        slots, times_us, values = slots[needed], times_us[needed], values[needed]
        if not len(slots):
            return
        starts = np.flatnonzero(np.append(True, slots[1:] != slots[:-1]))
        stops = np.append(starts[1:], len(slots))
        for slot, start, stop in zip(
            slots[starts].tolist(), starts.tolist(), stops.tolist(), strict=True
        ):
            target = self.watched.targets[slot]
            target.kept.append((times_us[start:stop], values[start:stop]))
            if len(target.kept) >= KEPT + slot % KEPT:  # so that not all are stepped at once
                self.step(target, NO_TIMES, NO_VALUES, known_us)

    def words(self, last_us: int, now_us: int, known_us: int) -> None:
        """Series whose words are judged are few: all of them are looked at."""
        watched = self.watched
        ids = watched.word_series
        of = [watched.words[series_id] for series_id in ids.tolist()]
        lead = np.array([targets[0].lead_us for targets in of], dtype=np.int64)
        since = np.array(
            [min(_newest(t, known_us + t.lead_us - OLD_US) for t in each) for each in of],
            dtype=np.int64,
        )
        until = np.maximum(np.minimum(last_us, now_us + lead + AHEAD_US), since)
        for place, (times, values) in news.words(ids, since, until).items():
            self.readings += len(times)
            for target in of[place]:
                watched.note_newest(np.array([target.slot]), times[-1:], known_us)
                self.step(target, times, values, known_us)

    def time(self, known_us: int) -> None:
        """What comes due without a reading, by the clock of each device."""
        watched = self.watched
        for slot in watched.screen.overdue(watched.present_us(known_us)).tolist():
            self.step(watched.targets[slot], NO_TIMES, NO_VALUES, known_us)

    def step(self, target: Target, times_us: Times, values: Values, known_us: int) -> None:
        """Give a target what is new of it."""
        if self._is_early(target, times_us):
            return
        heard = int(self.watched.screen.newest_us[target.slot])
        memory = target.memory
        if target.kept and isinstance(values, np.ndarray):
            times_us, values = target.with_kept(times_us, values)
        elif heard != UNREAD:
            memory = memory.seen(heard)
        last = int(times_us[-1]) if len(times_us) else memory.newest_us
        now = self.watched.until_us(target, known_us)
        if last is not None:
            now = max(now, last)
        past = past_of(target, memory, times_us)
        target.memory, changes = target.condition.step(memory, times_us, values, now, past)
        self.found += [Found(target, change) for change in changes]
        self.watched.renew(target)
        found = target.memory
        if target.condition.is_worse(found) and (changes or not target.is_worse):
            change = Change(
                now, State.FIRING, found.worst, found.limit, found.since_us or now, found.worst
            )
            self.found.append(Found(target, change, is_worse=True))
        if found.state is State.FIRING and found.worst != memory.worst:
            self.worst[target.slot] = target

    def _is_early(self, target: Target, times_us: Times) -> bool:
        """Whether the first of these is of before what time alone decided. What a device is as a
        whole is told when it is learned, and never late."""
        changed = target.memory.changed_us
        if not len(times_us) or changed is None or int(times_us[0]) > changed:
            return False
        series = target.place.series
        if series is None and target.condition.subject is not Subject.SEVERAL:
            return False
        slot, first = target.slot, int(times_us[0])
        self.early[slot] = min(self.early.get(slot, first), first)
        newest = self.watched.screen.newest_us
        newest[slot] = max(int(newest[slot]), int(times_us[-1]))
        return True


def past_of(target: Target, memory: Memory, times_us: Times) -> dict[int, float]:
    """The means of past hours that these readings are judged by."""
    past: dict[int, float] = {}
    series = target.place.series
    if series is not None:
        for start, stop in target.condition.hours(memory, times_us):
            usual = news.mean(series.id, start, stop)
            if usual is not None:
                past[start] = usual
    return past


def _newest(target: Target, otherwise: int) -> int:
    newest: Any = target.memory.newest_us
    return otherwise if newest is None else int(newest)
