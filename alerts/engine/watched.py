"""Which series are watched by which targets, as columns: to find what is to be judged of a commit
costs some hundred microseconds, however many targets there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from alerts.conditions import NEVER, Memory, Screen, State, Subject, Takes
from alerts.engine.target import Target

UNREAD = -NEVER  # nothing of this series was read yet


class Watched:
    """Slots are numbered so that those of one level ascend with the ids of their series: what was
    read is in the order of the series, and the screen wants it in the order of the slots."""

    def __init__(self, targets: Iterable[Target]) -> None:
        of_series: dict[int, list[Target]] = defaultdict(list)
        self.words: dict[int, list[Target]] = defaultdict(list)
        self.whole: list[Target] = []  # of devices
        for target in targets:
            series = target.place.series
            if series is None:
                self.whole.append(target)
            elif self.is_of_words(target):
                self.words[series.id].append(target)
            else:
                of_series[series.id].append(target)
        self.series = np.array(sorted(of_series), dtype=np.int32)
        self.read_us = np.full(len(self.series), UNREAD, dtype=np.int64)
        # Up to when a series that is UNREAD is known to have nothing: it is read from there on.
        self.nothing_us = np.full(len(self.series), NEVER, dtype=np.int64)
        # The newest that was judged before it was loaded, which may be beyond what is read: what
        # comes new of before that is late all the same.
        self.judged_us = np.full(len(self.series), UNREAD, dtype=np.int64)
        self.lead_us = np.zeros(len(self.series), dtype=np.int64)
        self.lookback_us = np.zeros(len(self.series), dtype=np.int64)
        self.targets: list[Target] = []
        self.holding: dict[int, Target] = {}  # by slot, those that are pending or fire
        self.levels: list[NDArray[np.intp]] = []  # the slot of each series, or -1
        self._number_all(of_series)
        self.screen = Screen(len(self.targets))
        self.slot_lead_us = np.zeros(len(self.targets), dtype=np.int64)
        # How far behind the present its newest reading was when it came: of a device that sends
        # what it kept, time passes from there on, or what was so then would hold until now.
        self.slot_behind_us = np.zeros(len(self.targets), dtype=np.int64)
        # Of one that has never held, and which readings that come late are looked at.
        self.idle_low = np.zeros(len(self.targets))
        self.idle_high = np.zeros(len(self.targets))
        self.needs_all = np.zeros(len(self.targets), dtype=bool)
        self.gap_us = np.full(len(self.targets), NEVER, dtype=np.int64)  # of silence
        # When each changed the last time: a reading of before that says what it decided was wrong.
        self.changed_us = np.full(len(self.targets), UNREAD, dtype=np.int64)
        for target in self.targets:
            calm = target.condition.calm(Memory())
            self.idle_low[target.slot], self.idle_high[target.slot] = calm.low, calm.high
            self.needs_all[target.slot] = target.condition.needs_all
            self.gap_us[target.slot] = calm.gap_us
            self.renew(target)
        for level in self.levels:
            has = level >= 0
            newest = self.screen.newest_us[level[has]]
            self.judged_us[has] = np.maximum(self.judged_us[has], newest)

    @staticmethod
    def is_of_words(target: Target) -> bool:
        """Whether it is given what its series says, and not numbers alone."""
        series = target.place.series
        takes_words = target.condition.takes is Takes.WORDS
        return takes_words or (series is not None and series.is_text)

    def _number_all(self, of_series: dict[int, list[Target]]) -> None:
        for level in range(max(map(len, of_series.values()), default=0)):
            slots = np.full(len(self.series), -1, dtype=np.intp)
            for place, series_id in enumerate(self.series.tolist()):
                its = of_series[series_id]
                if level < len(its):
                    slots[place] = self._number(its[level])
            self.levels.append(slots)
        for place, series_id in enumerate(self.series.tolist()):
            lookbacks = [each.condition.lookback_us for each in of_series[series_id]]
            self.lookback_us[place] = max(lookbacks)
        self.word_series = np.array(sorted(self.words), dtype=np.int32)
        for series_id in self.word_series.tolist():
            for target in self.words[series_id]:
                self._number(target)
        for target in self.whole:
            self._number(target)

    def _number(self, target: Target) -> int:
        target.slot = len(self.targets)
        self.targets.append(target)
        return target.slot

    def known_us(self, places: NDArray[np.intp]) -> NDArray[np.int64]:
        """Up to when each series, by its place, was read or judged: what is not newer is late."""
        return np.maximum(self.read_us[places], self.judged_us[places])

    def since_us(self, places: NDArray[np.intp], first_us: NDArray[np.int64]) -> NDArray[np.int64]:
        """From when on each is to be read; `first_us`: before the first of what came of it."""
        read = self.read_us[places]
        return np.where(read == UNREAD, np.minimum(first_us, self.nothing_us[places]), read)

    def words_read_us(self, places: NDArray[np.intp]) -> NDArray[np.int64]:
        """Up to when each series of words, by its place, was given to one of its targets."""
        ids = self.word_series[places].tolist()
        read = [max(each.memory.newest_us or UNREAD for each in self.words[pk]) for pk in ids]
        return np.array(read, dtype=np.int64)

    def renew(self, target: Target) -> None:
        """Its memory is another now."""
        memory = target.memory
        self.screen.set(target.slot, target.condition.calm(memory), memory.newest_us)
        changed = memory.changed_us
        self.changed_us[target.slot] = UNREAD if changed is None else changed
        if memory.state is State.CLEARED:
            self.holding.pop(target.slot, None)
        else:
            self.holding[target.slot] = target

    def note_newest(
        self, slots: NDArray[np.intp], newest_us: NDArray[np.int64], known_us: int
    ) -> None:
        """These have come, and each is the newest of its slot."""
        behind = known_us + self.slot_lead_us[slots] - newest_us
        self.slot_behind_us[slots] = np.maximum(behind, 0)

    def take_over(self, before: Watched) -> None:
        """What was watched before, and is still."""
        late = np.flatnonzero(before.slot_behind_us).tolist()
        behind = {before.targets[slot].place.key: before.slot_behind_us[slot] for slot in late}
        for target in self.targets:
            if behind and target.place.key in behind:
                self.slot_behind_us[target.slot] = behind[target.place.key]

    def present_us(self, known_us: int) -> NDArray[np.int64]:
        """Of each slot up to when its device is known, by that device's clock."""
        return known_us + self.slot_lead_us - self.slot_behind_us

    def until_us(self, target: Target, known_us: int) -> int:
        """The same of one target."""
        return known_us + target.lead_us - int(self.slot_behind_us[target.slot])

    def set_leads(self, leads_us: dict[int, int]) -> None:
        """By device."""
        for target in self.targets:
            if target.place.series is not None or target.condition.subject is Subject.SEVERAL:
                target.lead_us = leads_us.get(target.place.device.id, 0)
                self.slot_lead_us[target.slot] = target.lead_us
        for level in self.levels:
            has = level >= 0
            self.lead_us[has] = self.slot_lead_us[level[has]]


def hits(series: NDArray[np.int32], ranges: Sequence[tuple[int, int]]) -> NDArray[np.intp]:
    """The places, in an ascending list, of those that lie in one of the ranges [start, stop)."""
    if not ranges or not len(series):
        return np.empty(0, dtype=np.intp)
    edges = np.array(ranges, dtype=np.int64)
    first = np.searchsorted(series, edges[:, 0])
    stop = np.searchsorted(series, edges[:, 1])
    marks = np.zeros(len(series) + 1, dtype=np.int32)
    np.add.at(marks, first, 1)
    np.add.at(marks, stop, -1)
    return np.flatnonzero(np.cumsum(marks[:-1]) > 0)
