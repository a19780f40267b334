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

from alerts.conditions import NEVER, State
from alerts.engine import history, loading, worse, writing
from alerts.engine.beginning import begin
from alerts.engine.fleet import Fleet
from alerts.engine.history import Again, Late
from alerts.engine.processes import share_of
from alerts.engine.several import Several
from alerts.engine.steps import AHEAD_US, Steps
from alerts.engine.target import Moment, Target
from alerts.engine.watched import UNREAD, Watched, hits
from alerts.engine.whole import Heard
from alerts.engine.writing import OLD_US
from alerts.sql import load
from telemetry.moments import from_us, to_us
from telemetry.storage import commit_log
from telemetry.storage.commit_log import Commit

COMMITS = 500  # read in one step
STORED_EVERY_US = 300_000_000  # between two notes of how far a target that holds was judged
NOTED_EVERY_US = 1_000_000  # between two notes up to when a share was judged

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
        self._series: set[int] | None = None  # ids of those there were; None: nobody has looked
        self._noted_us = 0
        self._leads_us: dict[int, int] = {}
        self.watched = Watched([])
        self._steps = Steps(self.watched)
        self._changed: dict[int, Target] = {}  # in this step, by slot

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
        version, judged_at, holder = row
        # Another one may have read on without writing anything: what is silent here was heard.
        is_ours = holder == self._holder
        self._changed, wrote = {}, False
        self._steps.found, self._steps.readings = [], 0
        is_stale = version != self._version or self._generation != self._fleet.generation
        with commit_log.reading(self.reader, COMMITS) as commits:
            more = commits.more
            known = min(moment.known_us, to_us(commits[-1].at)) if more else moment.known_us
            told = [commit for commit in commits if not commit.is_imported]
            if is_stale or not is_ours:
                wrote = self._load(judged_at, moment, told)
            for commit in commits:
                if commit.is_imported:
                    self._pass_over(commit, moment.now_us)
            if told:
                self._judge_commits(told, Moment(moment.now_us, known))
        if not more:
            self._judge_time(known)
        self._judge_several(told, Moment(moment.now_us, known))
        wrote |= self._store(moment.now_us)
        if wrote or not is_ours or moment.now_us - self._noted_us >= NOTED_EVERY_US:
            self._note(version + wrote, known)
            self._noted_us = moment.now_us
        self._version = version + wrote
        return Stepped(more, len(commits), self._steps.readings, len(self._changed))

    def _judge_time(self, known_us: int) -> None:
        """What comes due without a reading, and what devices are as a whole."""
        self._steps.time(known_us)
        for target, times, said in self._heard.of(self.watched.whole, known_us):
            self._steps.step(target, times, said, known_us)

    def _judge_several(self, told: Sequence[Commit], moment: Moment) -> None:
        """Formulas over several series; then all is written."""
        steps, now_us, known_us = self._steps, moment.now_us, moment.known_us
        self._several.note(told)
        for target, instants, values in self._several.of(known_us, now_us, AHEAD_US):
            steps.readings += len(instants)
            steps.step(target, instants, values, known_us)
        self._write(now_us)
        if steps.early:
            again = Again(self.watched, self._several, moment)
            none = Late(again.floor_us)
            steps.found += history.judge(steps, none, none, {}, again)
            self._write(now_us)

    def _note(self, version: int, known_us: int) -> None:
        facts: dict[str, int | str | datetime] = {
            "number": self.number, "version": version, "holder": self._holder,
            "judged": from_us(known_us),
        }  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(_SQL["note_share"], facts)

    # What is remembered

    def _load(self, judged_at: datetime | None, moment: Moment, unread: Sequence[Commit]) -> bool:
        """Read what is remembered of each target; whether something was written."""

        def device_is_ours(device: int) -> bool:
            return share_of(device) == self.number

        places = list(self._fleet.places(device_is_ours))
        loaded = loading.load(places, self.number)
        before, self.watched = self.watched, Watched(loaded.targets)
        watched = self.watched
        watched.set_leads(self._leads_us)
        watched.take_over(before)
        self._generation = self._fleet.generation
        judged = moment.known_us if judged_at is None else to_us(judged_at)
        self._steps = Steps(watched)
        series = self._fleet.series_of(device_is_ours)
        known = series if self._series is None else self._series
        self._series = series
        begin(self._steps, judged, unread, lambda pk: pk not in known)
        self._heard.forget()
        self._several = Several(watched.whole, self._fleet)
        for target in loaded.changed:  # their rule says something else now
            if target.is_open and target.memory.state is State.CLEARED:
                self._steps.found.append(writing.ended(target, judged, "The rule was changed."))
        loading.forget(loaded.gone)
        writing.end_all(loaded.ended, moment.now_us)
        return bool(loaded.gone or loaded.ended)

    # Readings

    def _judge_commits(self, commits: Sequence[Commit], moment: Moment) -> None:
        watched, now_us, known_us = self.watched, moment.now_us, moment.known_us
        first = np.full(len(watched.series), NEVER, dtype=np.int64)  # of series never read
        hit = np.zeros(len(watched.series), dtype=bool)
        again = Again(watched, self._several, moment)
        late, late_words = Late(again.floor_us), Late(again.floor_us)
        wrong = self._several.late(commits, again.floor_us)
        spoken = False
        last_us = max(to_us(commit.spans[-1][1]) for commit in commits if commit.spans)
        for commit in commits:
            said = hits(watched.word_series, commit.series)
            if len(said):
                spoken = True
                late_words.note(said, watched.words_read_us(said), commit)
            places = hits(watched.series, commit.series)
            if not len(places):
                continue
            hit[places] = True
            oldest = to_us(commit.at) - OLD_US + watched.lead_us[places]
            begins = np.maximum(to_us(commit.spans[0][0]), oldest) - 1
            first[places] = np.minimum(first[places], begins)
            late.note(places, watched.known_us(places), commit)
        places = np.flatnonzero(hit)
        since = watched.since_us(places, first[places])
        until = np.minimum(last_us, now_us + watched.lead_us[places] + AHEAD_US)
        ahead = until > since
        self._steps.numbers(places[ahead], since[ahead], until[ahead], known_us, is_news=True)
        if spoken:
            self._steps.words(last_us, now_us, known_us)
        self._write(now_us)  # what is judged again compares with the alerts there are
        self._steps.found += history.judge(self._steps, late, late_words, wrong, again)

    def _pass_over(self, commit: Commit, now_us: int) -> None:
        """What came from a file is judged by nobody: neither now nor as news when its series is
        heard next."""
        watched = self.watched
        places = hits(watched.series, commit.series)
        if len(places) and commit.spans:
            read = min(to_us(commit.spans[-1][1]), now_us)
            watched.read_us[places] = np.maximum(watched.read_us[places], read)

    def _write(self, now_us: int) -> None:
        """Make alerts of what was found so far."""
        still = writing.hold_still(self.watched, now_us)
        steps = self._steps
        if steps.found or still:
            writing.write(steps.found, still, now_us)
        if steps.worst:
            due = worse.note_worst(steps.worst.values(), now_us)
            for slot in due:
                del steps.worst[slot]
        for found in steps.found:
            self._changed[found.target.slot] = found.target
        steps.found = []

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
