"""Rules about several series at once: a formula's values at the instants of their new readings.

There are few of them, and each reads what its windows reach back to. So they are looked at once a
second at most, and only when one of their series got readings.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alerts.conditions import Subject
from alerts.conditions.expression import Expression
from alerts.engine.fleet import Fleet
from alerts.engine.late import Late
from alerts.engine.target import Target
from alerts.engine.watched import UNREAD, hits
from telemetry.expression import TooMuch
from telemetry.history import news
from telemetry.storage.commit_log import Commit

logger = logging.getLogger(__name__)

LOOK_EVERY_US = 1_000_000  # between two looks at one target
FIRST_US = 15 * 60_000_000  # of the past, of one of which nothing is remembered

Times = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass
class _Formula:
    """One target."""

    target: Target
    judging: Expression
    inputs: dict[str, int]  # the series of each name

    def values(self, since_us: int, until_us: int) -> tuple[Times, Values]:
        """The formula's values at the instants in (since, until]."""
        ids = np.array(list(self.inputs.values()), dtype=np.int32)
        back = np.full(len(ids), since_us - self.judging.lookback_us, dtype=np.int64)
        found = news.numbers(ids, back, np.full(len(ids), until_us, dtype=np.int64))
        columns = {}
        for place, name in enumerate(self.inputs):
            ours = found.places == place
            columns[name] = (found.times_us[ours], found.values[ours])
        instants = np.unique(found.times_us[found.times_us > since_us])
        values = self._evaluated(columns, instants) if len(instants) else np.empty(0)
        return instants, values

    def _evaluated(self, columns: Mapping[str, tuple[Times, Values]], instants: Times) -> Values:
        """In halves where it is too much at once: one formula must not keep the engine from judging
        all the others. What is too much at one instant has no value."""
        try:
            return np.asarray(self.judging.evaluate(columns, instants), dtype=np.float64)
        except TooMuch as exc:
            half = len(instants) // 2
            if not half:
                logger.warning(
                    "rule %d is not judged: %s", self.target.place.rule.id, exc,
                    extra={"action": "too_much"},
                )  # fmt: skip
                return np.array([np.nan])
        parts = instants[:half], instants[half:]
        return np.concatenate([self._evaluated(columns, each) for each in parts])


class Several:
    """Of one share."""

    def __init__(self, targets: Sequence[Target], fleet: Fleet) -> None:
        uids = {device.uid: device.id for device in fleet.devices.values()}
        self._formulas: list[_Formula] = []
        self._of_series: dict[int, list[int]] = {}
        self._by_slot: dict[int, _Formula] = {}
        for target in targets:
            judging = target.condition.judging
            if target.condition.subject is not Subject.SEVERAL or not isinstance(
                judging, Expression
            ):
                continue
            inputs = {}
            for name, (metric, uid) in judging.inputs:
                device = uids.get(uid) if uid else target.place.device.id
                series = fleet.series.get(device or 0, {}).get(metric)
                if series is not None:
                    inputs[name] = series.id
            if len(inputs) < len(judging.inputs):
                continue  # a series that is not there yet: the fleet changes when it comes
            for series_id in inputs.values():
                self._of_series.setdefault(series_id, []).append(len(self._formulas))
            formula = _Formula(target, judging, inputs)
            self._formulas.append(formula)
            self._by_slot[target.slot] = formula
        self._series = np.array(sorted(self._of_series), dtype=np.int32)
        self._due: set[int] = set(range(len(self._formulas)))
        self._looked_us = -LOOK_EVERY_US

    def note(self, commits: Sequence[Commit]) -> None:
        """These have come."""
        for commit in commits if self._formulas else ():
            for place in hits(self._series, commit.series).tolist():
                self._due.update(self._of_series[int(self._series[place])])

    def late(self, commits: Sequence[Commit], floor_us: int) -> dict[int, int]:
        """By slot, the first instant that was looked at and at which these bring a reading after
        all; none before the floor."""
        late = Late(floor_us)
        for commit in commits if self._formulas else ():
            places = hits(self._series, commit.series)
            read = [max(map(_newest, self._at(place))) for place in places.tolist()]
            late.note(places, np.array(read, dtype=np.int64), commit)
        places, spans = late.spans(self._series)
        found = news.late_numbers(spans)
        firsts: dict[int, int] = {}
        for at, time in zip(found.places.tolist(), found.times_us.tolist(), strict=True):
            for formula in self._at(int(places[at])):
                if time <= _newest(formula):
                    slot = formula.target.slot
                    firsts[slot] = min(time, firsts.get(slot, time))
        return firsts

    def _at(self, place: int) -> list[_Formula]:
        """Those that a series, by its place, is an input of."""
        return [self._formulas[number] for number in self._of_series[int(self._series[place])]]

    def of(
        self, known_us: int, now_us: int, ahead_us: int
    ) -> Iterator[tuple[Target, Times, Values]]:
        """The new values of each formula."""
        if not self._due or 0 <= now_us - self._looked_us < LOOK_EVERY_US:
            return
        self._looked_us = now_us
        due, self._due = sorted(self._due), set()
        for number in due:
            formula = self._formulas[number]
            target = formula.target
            newest = target.memory.newest_us
            since = known_us + target.lead_us - FIRST_US if newest is None else newest
            instants, values = formula.values(since, now_us + target.lead_us + ahead_us)
            if len(instants):
                yield target, instants, values

    def stored(self, target: Target, since_us: int, until_us: int) -> tuple[Times, Values]:
        """The values of a target's formula in (since, until]; none of one that lacks a series."""
        formula = self._by_slot.get(target.slot)
        if formula is None:
            return np.empty(0, dtype=np.int64), np.empty(0)
        return formula.values(since_us, until_us)


def _newest(formula: _Formula) -> int:
    newest = formula.target.memory.newest_us
    return UNREAD if newest is None else newest
