"""The engine against the slow model of conditions: random streams, late and out of order, in random
commits, with two engines that take turns and are killed again and again."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from alerts.conditions import State, read
from alerts.conditions.tests import model
from alerts.engine import processes, writing
from alerts.models import EngineProcess
from alerts.tests.engine_world import SECOND, Plant
from telemetry.models import Series

pytestmark = pytest.mark.django_db(transaction=True)

SERIES = 24
ROUNDS = 8
ROUND = 10  # seconds
CONDITIONS: list[dict[str, Any]] = [
    {"type": "threshold", "op": "above", "limit": 5},
    {"type": "threshold", "op": "above", "limit": 5, "clear": 3},
    {"type": "threshold", "op": "above", "limit": 5, "for": 20},
    {"type": "threshold", "op": "outside", "low": 2, "high": 6, "count": 2},
]
Readings = list[tuple[int, float]]
Spans = set[tuple[int, int | None]]


class Killed(Exception):
    pass


def wanted(condition: dict[str, Any], readings: Readings, now: int) -> Spans:
    """From when to when it fired, to the model."""
    found: Spans = set()
    since = None
    changes, _ = model.changes(read(condition), sorted(readings), now)
    for change in changes:
        if change.state is State.FIRING:
            since = change.since_us
        elif change.state is State.CLEARED and since is not None:
            found.add((since, change.at_us))
            since = None
    return found | ({(since, None)} if since is not None else set())


def found(plant: Plant, uid: str) -> Spans:
    """The same of the alerts; what began and ended at once did not hold, as late readings say."""
    spans: Spans = set()
    for alert in plant.alerts():
        start, end = (plant.seconds(each) for each in (alert.started_at, alert.cleared_at))
        if alert.uid == uid and start is not None and start != end:
            span = (plant.at(start), None if end is None else plant.at(end))
            assert span not in spans, "twice"
            spans.add(span)
    return spans


def some(plant: Plant, chance: random.Random, second: float, taken: Readings) -> Readings:
    """Readings of one commit, in no order; a fifth of the commits bring what is old."""
    batch: Readings = []
    for _ in range(chance.randrange(4)):
        late = chance.random() < 0.2
        at = plant.at(round(second + chance.uniform(-60 if late else 0, ROUND), 3))
        if all(at != time for time, _ in taken):
            batch.append((at, float(chance.randrange(9))))
            taken.append(batch[-1])
    return batch


def commit(plant: Plant, series: Series, batch: Readings) -> None:
    plant.write(series, *(((at - plant.start) / SECOND, value) for at, value in batch))


def turns(plant: Plant, chance: random.Random) -> None:
    """Each engine takes a step, and some are gone without a word before it."""
    for _ in range(2):
        if chance.random() < 0.3:
            gone = plant.engines.pop(chance.randrange(2))
            EngineProcess.objects.filter(name=gone.name).delete()
            plant.engines.append(plant.engine())
        for engine in plant.engines:
            if chance.random() < 0.2:  # so slow that it counts as gone, and comes back
                EngineProcess.objects.exclude(name=engine.name).delete()
            engine._due.clear()
            with suppress(Killed):
                engine.step()


def deadly(chance: random.Random) -> Callable[..., None]:
    """What writes alerts, and half of the time is killed at that."""
    write = writing.write

    def dies(*given: Any) -> None:
        write(*given)
        if chance.random() < 0.5:
            raise Killed

    return dies


def test_it_finds_what_the_model_finds_whatever_happens(
    transactional_db, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(7)
    names = itertools.count()
    monkeypatch.setattr(processes, "new_name", lambda: f"engine-{next(names):03}")
    monkeypatch.setattr(writing, "FLAP_US", -1)  # each time it holds is an alert of its own
    plant = Plant()
    for number, condition in enumerate(CONDITIONS):
        plant.rule(condition, name=f"rule {number}", kind=f"kind-{number}")
    kinds = [f"kind-{number % len(CONDITIONS)}" for number in range(SERIES)]
    series = [plant.series(f"device-{n}", kind=kind) for n, kind in enumerate(kinds)]
    plant.engines.append(plant.engine())
    plant.look()
    readings: list[Readings] = [[] for _ in series]
    for turn in range(ROUNDS):
        for number, one in enumerate(series):
            if batch := some(plant, chance, turn * ROUND, readings[number]):
                commit(plant, one, batch)
        plant.now = plant.at((turn + 1) * ROUND)
        with monkeypatch.context() as patch:
            patch.setattr(writing, "write", deadly(chance))
            turns(plant, chance)
    # Time passes for a device from its newest reading on: each is heard of now.
    plant.now = plant.at(ROUNDS * ROUND + 1)
    for number, one in enumerate(series):
        readings[number].append((plant.now, float(chance.randrange(9))))
        commit(plant, one, readings[number][-1:])
    plant.go(ROUNDS * ROUND + 1)
    plant.go(ROUNDS * ROUND + 2)
    told = plant.told()
    assert len(told) == len(set(told))
    all_wanted = [
        wanted(CONDITIONS[n % len(CONDITIONS)], readings[n], plant.now) for n in range(SERIES)
    ]
    assert sum(map(len, all_wanted)) > SERIES  # otherwise it proves nothing
    wrong = {}
    for number, right in enumerate(all_wanted):
        there = found(plant, f"device-{number}")
        if there != right:
            wrong[number] = f"missing {right - there}, wrong {there - right}"
    assert wrong == {}
