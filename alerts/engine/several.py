"""Rules about several series at once: a formula's values at the instants of their new readings.

There are few of them, and each reads what its windows reach back to. So they are looked at once a
second at most, and only when one of their series got readings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from alerts.conditions import Subject
from alerts.conditions.expression import Expression
from alerts.engine.fleet import Fleet
from alerts.engine.target import Target
from alerts.engine.watched import hits
from telemetry.history import news
from telemetry.storage.commit_log import Commit

LOOK_EVERY_US = 1_000_000  # between two looks at one target
FIRST_US = 15 * 60_000_000  # of the past, of one of which nothing is remembered


class Several:
    """Of one share."""

    def __init__(self, targets: Sequence[Target], fleet: Fleet) -> None:
        uids = {device.uid: device.id for device in fleet.devices.values()}
        self._targets: list[tuple[Target, Expression, dict[str, int]]] = []
        self._of_series: dict[int, list[int]] = {}
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
                self._of_series.setdefault(series_id, []).append(len(self._targets))
            self._targets.append((target, judging, inputs))
        self._series = np.array(sorted(self._of_series), dtype=np.int32)
        self._due: set[int] = set(range(len(self._targets)))
        self._looked_us = -LOOK_EVERY_US

    def note(self, commits: Sequence[Commit]) -> None:
        """These have come."""
        for commit in commits if self._targets else ():
            for place in hits(self._series, commit.series).tolist():
                self._due.update(self._of_series[int(self._series[place])])

    def of(
        self, known_us: int, now_us: int, ahead_us: int
    ) -> Iterator[tuple[Target, NDArray[np.int64], NDArray[np.float64]]]:
        """The new values of each formula."""
        if not self._due or 0 <= now_us - self._looked_us < LOOK_EVERY_US:
            return
        self._looked_us = now_us
        due, self._due = sorted(self._due), set()
        for number in due:
            target, judging, inputs = self._targets[number]
            newest = target.memory.newest_us
            since = known_us + target.lead_us - FIRST_US if newest is None else newest
            until = now_us + target.lead_us + ahead_us
            ids = np.array(list(inputs.values()), dtype=np.int32)
            back = np.full(len(ids), since - judging.lookback_us, dtype=np.int64)
            found = news.numbers(ids, back, np.full(len(ids), until, dtype=np.int64))
            columns = {}
            for place, name in enumerate(inputs):
                ours = found.places == place
                columns[name] = (found.times_us[ours], found.values[ours])
            instants = np.unique(found.times_us[found.times_us > since])
            if len(instants):
                values = np.asarray(judging.evaluate(columns, instants), dtype=np.float64)
                yield target, instants, values
