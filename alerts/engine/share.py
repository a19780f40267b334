"""One share of the devices: reads what was committed of them, and judges it.

A step is one transaction: the share's row locked, its cursor in the commit log moved, and what was
found written. A process that is killed has done a step or it has not; whoever comes next goes on
from there. What is kept in memory is of use to the process that wrote last, which the version of
the row says; any other reads it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from alerts.conditions import NEVER, Change, Memory, State, Takes
from alerts.engine import history, loading, worse, writing
from alerts.engine.fleet import Fleet
from alerts.engine.processes import share_of
from alerts.engine.several import Several
from alerts.engine.target import Found, Moment, Target
from alerts.engine.watched import UNREAD, Watched, hits
from alerts.engine.whole import Heard
from alerts.engine.writing import OLD_US
from alerts.sql import load
from devices.presence import MAX_AHEAD
from telemetry.history import news
from telemetry.moments import from_us, to_us
from telemetry.storage import commit_log
from telemetry.storage.commit_log import Commit

COMMITS = 500  # read in one step
STORED_EVERY_US = 300_000_000  # between two notes of how far a target that holds was judged
NOTED_EVERY_US = 1_000_000  # between two notes up to when a share was judged
AHEAD_US = MAX_AHEAD * 1_000
KEPT = 32  # pieces of readings that a target waits for at least, before it is stepped with them

_NO_TIMES, _NO_VALUES = np.empty(0, dtype=np.int64), np.empty(0)

_SQL = load("engine")


class Stepped(NamedTuple):
    """What came of a step."""

    more: bool  # commits wait
    commits: int
    readings: int
    found: int


NOT_OURS = Stepped(False, 0, 0, 0)


class Share:
    """Holds no transaction between two steps."""

    def __init__(self, number: int, holder: str, fleet: Fleet) -> None:
        self.number = number
        self.reader = f"alerts-{number}"
        self._holder = holder
        self._fleet = fleet
        self._heard = Heard()
        self._several = Several([], fleet)
        self._version = -1  # of what is in memory; -1: nothing is
        self._generation = -1
        self._noted_us = 0
        self._leads_us: dict[int, int] = {}
        self.watched = Watched([])
        self._found: list[Found] = []  # in this step, and not written yet
        self._worst: dict[int, Target] = {}  # by slot, whose worst value may be another
        self._changed: dict[int, Target] = {}  # in this step, by slot
        self._readings = 0

    def set_leads(self, leads_us: dict[int, int]) -> None:
        """How far the clock of each device is ahead."""
        self._leads_us = leads_us
        self.watched.set_leads(leads_us)

    def prepare(self) -> None:
        """Make its rows, once."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_SQL["make_share"], {"number": self.number})
            commit_log.add_reader(self.reader)

    def step(self, moment: Moment) -> Stepped:
        """Judge what there is. Nothing is done of a share that another process works at."""
        try:
            with transaction.atomic():
                return self._step(moment)
        except BaseException:
            self._version = -1  # what is in memory may be of a step that was not made
            raise

    def _step(self, moment: Moment) -> Stepped:
        with connection.cursor() as cursor:
            cursor.execute(_SQL["lock_share"], {"number": self.number})
            row = cursor.fetchone()
        if row is None:
            return NOT_OURS
        version, judged_at = row
        self._found, self._changed, self._readings, wrote = [], {}, 0, False
        if version != self._version or self._generation != self._fleet.generation:
            wrote = self._load(judged_at, moment)
        with commit_log.reading(self.reader, COMMITS) as commits:
            more = commits.more
            known = min(moment.known_us, to_us(commits[-1].at)) if more else moment.known_us
            told = [commit for commit in commits if not commit.is_imported]
            for commit in commits:
                if commit.is_imported:
                    self._pass_over(commit, moment.now_us)
            if told:
                self._judge_commits(told, moment.now_us, known)
        if not more:
            self._judge_time(known)
            self._judge_whole(known)
        self._several.note(told)
        for target, instants, values in self._several.of(known, moment.now_us, AHEAD_US):
            self._readings += len(instants)
            self._step_target(target, instants, values, known)
        self._write(moment.now_us)
        wrote |= self._store(moment.now_us)
        if wrote or moment.now_us - self._noted_us >= NOTED_EVERY_US:
            self._note(version + wrote, known)
            self._noted_us = moment.now_us
        self._version = version + wrote
        return Stepped(more, len(commits), self._readings, len(self._changed))

    def _note(self, version: int, known_us: int) -> None:
        facts: dict[str, int | str | datetime] = {
            "number": self.number, "version": version, "holder": self._holder,
            "judged": from_us(known_us),
        }  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(_SQL["note_share"], facts)

    # What is remembered

    def _load(self, judged_at: datetime | None, moment: Moment) -> bool:
        """Read what is remembered of each target; whether something was written."""
        places = list(self._fleet.places(lambda device: share_of(device) == self.number))
        loaded = loading.load(places, self.number)
        before, self.watched = self.watched, Watched(loaded.targets)
        watched = self.watched
        watched.set_leads(self._leads_us)
        watched.take_over(before)
        self._generation = self._fleet.generation
        judged = moment.known_us if judged_at is None else to_us(judged_at)
        self._begin(judged)
        self._heard.forget()
        self._worst = {}
        self._several = Several(watched.whole, self._fleet)
        for target in loaded.changed:  # their rule says something else now
            if target.is_open and target.memory.state is State.CLEARED:
                self._found.append(writing.ended(target, judged, "The rule was changed."))
        loading.forget(loaded.gone)
        writing.end_all(loaded.ended, moment.now_us)
        return bool(loaded.gone or loaded.ended)

    def _begin(self, judged_us: int) -> None:
        """Give every target of a series what it has to know of the time before `judged_us`: its
        newest reading then, which may say that a new rule holds already."""
        watched = self.watched
        self._begin_words(judged_us)
        if not len(watched.series):
            return
        until = judged_us + watched.lead_us
        newest = news.newest_by(watched.series, until)
        places = np.array(sorted(newest), dtype=np.intp)
        base = np.array([newest[place] for place in places.tolist()], dtype=np.int64)
        since = base - watched.lookback_us[places] - 1
        for level in watched.levels:
            for at, slot in enumerate(level[places].tolist()):
                memory = watched.targets[slot].memory if slot >= 0 else None
                if memory is not None and memory.newest_us is not None:
                    resume = watched.targets[slot].condition.resume_us(memory, int(base[at]))
                    since[at] = min(since[at], resume)
        self._feed(places, since, base, judged_us, is_news=False)
        again = [
            target
            for target in watched.targets
            if target.memory.state is State.PENDING and not target.is_stored
            and target.place.series is not None
        ]  # fmt: skip
        slots = {target.slot for target in again}
        self._found = [found for found in self._found if found.target.slot not in slots]
        for target in again:
            self._begin_again(target, judged_us)

    def _begin_words(self, judged_us: int) -> None:
        """The same of series of texts, whose silence alone needs to know of the time before."""
        ids = self.watched.word_series
        newest = news.newest_by(ids, np.full(len(ids), judged_us)) if len(ids) else {}
        for place, us in newest.items():
            for target in self.watched.words[int(ids[place])]:
                if target.condition.takes is Takes.TIMES:
                    target.memory = target.memory.seen(us)
                    self.watched.renew(target)

    def _begin_again(self, target: Target, judged_us: int) -> None:
        """A rule that is new, and holds: since when, within its duration?"""
        series, memory = target.place.series, target.memory
        if series is None or memory.newest_us is None:
            return
        back = target.condition.for_us + target.condition.lookback_us + OLD_US
        ids, last = np.array([series.id], dtype=np.int32), np.array([memory.newest_us])
        found = news.numbers(ids, last - back, last)
        target.memory = Memory()
        self.watched.renew(target)
        self._step_target(target, found.times_us, found.values, judged_us)

    # Readings

    def _judge_commits(self, commits: Sequence[Commit], now_us: int, known_us: int) -> None:
        watched = self.watched
        first = np.full(len(watched.series), NEVER, dtype=np.int64)  # of series never read
        hit = np.zeros(len(watched.series), dtype=bool)
        late: list[tuple[NDArray[np.intp], int, int]] = []
        spoken = False
        last_us = max(to_us(commit.spans[-1][1]) for commit in commits if commit.spans)
        for commit in commits:
            spoken = spoken or bool(len(hits(watched.word_series, commit.series)))
            places = hits(watched.series, commit.series)
            if not len(places):
                continue
            hit[places] = True
            oldest = to_us(commit.at) - OLD_US + watched.lead_us[places]
            begins = np.maximum(to_us(commit.spans[0][0]), oldest) - 1
            first[places] = np.minimum(first[places], begins)
            read = watched.read_us[places]
            for start, end in commit.spans:
                behind = places[read >= to_us(start)]
                if len(behind):
                    late.append((behind, to_us(start), to_us(end)))
        places = np.flatnonzero(hit)
        since = np.where(watched.read_us[places] == UNREAD, first[places], watched.read_us[places])
        before = watched.read_us[places].copy()
        until = np.minimum(last_us, now_us + watched.lead_us[places] + AHEAD_US)
        ahead = until > since
        self._feed(places[ahead], since[ahead], until[ahead], known_us, is_news=True)
        if spoken:
            self._judge_words(last_us, now_us, known_us)
        if late:
            read_before = dict(zip(places.tolist(), before.tolist(), strict=True))
            self._write(now_us)  # what is judged again compares with the alerts there are
            self._found += history.judge(watched, late, read_before, Moment(now_us, known_us))

    def _pass_over(self, commit: Commit, now_us: int) -> None:
        """What came from a file is judged by nobody: neither now nor as news when its series is
        heard next."""
        watched = self.watched
        places = hits(watched.series, commit.series)
        if len(places) and commit.spans:
            read = min(to_us(commit.spans[-1][1]), now_us)
            watched.read_us[places] = np.maximum(watched.read_us[places], read)

    def _feed(
        self,
        places: NDArray[np.intp],
        since_us: NDArray[np.int64],
        until_us: NDArray[np.int64],
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
        self._readings += len(found.places)
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
            slots, times, values = slots[has], found.times_us[has], found.values[has]
            stirred = watched.screen.stirred(slots, times, values)
            self._keep(slots, times, values, stirred.slots, known_us)
            starts = np.searchsorted(slots, stirred.slots)
            stops = np.searchsorted(slots, stirred.slots, side="right")
            for slot, start, stop in zip(
                stirred.slots.tolist(), starts.tolist(), stops.tolist(), strict=True
            ):
                target = watched.targets[slot]
                self._step_target(target, times[start:stop], values[start:stop], known_us)

    def _keep(
        self,
        slots: NDArray[np.intp],
        times_us: NDArray[np.int64],
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
                self._step_target(target, _NO_TIMES, _NO_VALUES, known_us)

    def _judge_words(self, last_us: int, now_us: int, known_us: int) -> None:
        """Series whose words are judged are few: all of them are looked at."""
        watched = self.watched
        ids = watched.word_series
        of = [watched.words[series_id] for series_id in ids.tolist()]
        lead = np.array([targets[0].lead_us for targets in of], dtype=np.int64)
        since = np.array(
            [min(_newest(t, known_us + t.lead_us - OLD_US) for t in targets) for targets in of],
            dtype=np.int64,
        )
        until = np.maximum(np.minimum(last_us, now_us + lead + AHEAD_US), since)
        for place, (times, values) in news.words(ids, since, until).items():
            self._readings += len(times)
            for target in of[place]:
                watched.note_newest(np.array([target.slot]), times[-1:], known_us)
                self._step_target(target, times, values, known_us)

    def _judge_whole(self, known_us: int) -> None:
        """Devices as a whole: when they were heard, and what their presence is."""
        for target, times, values in self._heard.of(self.watched.whole, known_us):
            self._step_target(target, times, values, known_us)

    def _judge_time(self, known_us: int) -> None:
        """What comes due without a reading, by the clock of each device."""
        watched = self.watched
        for slot in watched.screen.overdue(watched.present_us(known_us)).tolist():
            self._step_target(watched.targets[slot], _NO_TIMES, _NO_VALUES, known_us)

    def _step_target(
        self,
        target: Target,
        times_us: NDArray[np.int64],
        values: NDArray[np.float64] | list[float | str],
        known_us: int,
    ) -> None:
        heard = int(self.watched.screen.newest_us[target.slot])
        memory = target.memory
        if target.kept and isinstance(values, np.ndarray):
            times_us, values = target.with_kept(times_us, values)
        elif heard != UNREAD:
            memory = memory.seen(heard)
        last = int(times_us[-1]) if len(times_us) else memory.newest_us
        now = known_us + target.lead_us - int(self.watched.slot_behind_us[target.slot])
        if last is not None:
            now = max(now, last)
        past = {}
        series = target.place.series
        if series is not None:
            for start, stop in target.condition.hours(memory, times_us):
                usual = news.mean(series.id, start, stop)
                if usual is not None:
                    past[start] = usual
        target.memory, changes = target.condition.step(memory, times_us, values, now, past)
        self._found += [Found(target, change) for change in changes]
        self.watched.renew(target)
        found = target.memory
        if target.condition.is_worse(found) and (changes or not target.is_worse):
            change = Change(
                now, State.FIRING, found.worst, found.limit, found.since_us or now, found.worst
            )
            self._found.append(Found(target, change, is_worse=True))
        if found.state is State.FIRING and found.worst != memory.worst:
            self._worst[target.slot] = target

    def _write(self, now_us: int) -> None:
        """Make alerts of what was found so far."""
        still = writing.hold_still(self.watched, now_us)
        if self._found or still:
            writing.write(self._found, still, now_us)
        if self._worst:
            due = worse.note_worst(self._worst.values(), now_us)
            for slot in due:
                del self._worst[slot]
        for found in self._found:
            self._changed[found.target.slot] = found.target
        self._found = []

    def _store(self, now_us: int) -> bool:
        """Write what is remembered of those that changed, and now and then of those that hold."""
        changed = self._changed
        for target in self.watched.holding.values():
            if now_us - target.stored_us >= STORED_EVERY_US:
                heard = int(self.watched.screen.newest_us[target.slot])
                if heard != UNREAD:
                    target.memory = target.memory.seen(heard)
                changed[target.slot] = target
        loading.store(list(changed.values()), now_us)
        return bool(changed)


def _newest(target: Target, otherwise: int) -> int:
    newest = target.memory.newest_us
    return otherwise if newest is None else newest
