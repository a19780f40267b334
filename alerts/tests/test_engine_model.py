"""The engine against the slow model of conditions, of every type that is judged by readings: random
streams, late and out of order, in random commits, with two engines that take turns and are killed
again and again."""

from __future__ import annotations

import itertools
import math
import random
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from alerts.conditions import State, read
from alerts.conditions.deviation import HOUR_US
from alerts.conditions.expression import Expression
from alerts.conditions.tests import model
from alerts.engine import processes, writing
from alerts.models import EngineProcess
from alerts.tests.engine_world import SECOND, Plant
from telemetry.models import Series
from telemetry.moments import from_us
from telemetry.storage import rollups

# The share of a device hangs on its id, and so who is killed when.
pytestmark = pytest.mark.django_db(transaction=True, reset_sequences=True)

SERIES = 22
ROUNDS = 8
ROUND = 10  # seconds
WEEK = 7 * 86_400  # seconds
USUAL = 4.0  # the mean of every hour a week ago
WORDS = ["ok", "OK", "fault", "stop", "off"]
CONDITIONS: list[dict[str, Any]] = [
    {"type": "threshold", "op": "above", "limit": 5},
    {"type": "threshold", "op": "above", "limit": 5, "clear": 3, "for": 10},
    {"type": "threshold", "op": "above", "limit": 5, "for": 20},
    {"type": "threshold", "op": "outside", "low": 2, "high": 6, "count": 2},
    {"type": "rate", "op": "changes", "limit": 5, "per": 16},
    {"type": "stuck", "for": 8, "count": 2, "tolerance": 4},
    {"type": "silent", "seconds": 10},
    {"type": "deviation", "weeks": 1, "by": 3},
    {"type": "state", "op": "is_not", "equals": [1, 2, 4, 7, 8], "for": 5},
    {"type": "state", "equals": ["fault", "stop"], "for": 10},
    {"type": "expression", "formula": "max(x, 12s) - x > 4", "names": {"x": "temperature"}},
]
Reading = tuple[int, float | str]
Readings = list[Reading]
Spans = set[tuple[int, int | None]]


class Killed(Exception):
    pass


def wanted(document: dict[str, Any], readings: Readings, now: int) -> Spans:
    """From when to when it fired, to the model."""
    found: Spans = set()
    since = None
    condition, stream = read(document), sorted(readings)
    if isinstance(condition.judging, Expression):
        times = np.array([at for at, _ in stream])
        columns = {"x": (times, np.array([value for _, value in stream]))}
        values = np.asarray(condition.judging.evaluate(columns, times)).tolist()
        stream = [(at, v) for (at, _), v in zip(stream, values, strict=True) if not math.isnan(v)]
        condition = replace(condition, judging=condition.judging.inner)
    hour = HOUR_US * (now // HOUR_US)
    past = {hour + each * HOUR_US - WEEK * SECOND: USUAL for each in (-1, 0)}
    changes, _ = model.changes(condition, stream, now, past)
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


def said(number: int, chance: random.Random) -> float | str:
    """What the series of this number says now."""
    words = "stop" in CONDITIONS[number % len(CONDITIONS)].get("equals", ())
    return chance.choice(WORDS) if words else float(chance.randrange(9))


def some(
    plant: Plant, number: int, chance: random.Random, second: float, taken: Readings
) -> Readings:
    """Readings of one commit, in no order; a fifth of the commits bring what is old."""
    batch: Readings = []
    for _ in range(chance.randrange(4)):
        late = chance.random() < 0.2
        at = plant.at(round(second + chance.uniform(-60 if late else 0, ROUND), 3))
        if all(at != time for time, _ in taken):
            batch.append((at, said(number, chance)))
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


def last_week(plant: Plant, series: list[Series]) -> None:
    """What deviation is judged by."""
    begin = (plant.start // HOUR_US - 1) * HOUR_US
    hours = [(begin + each * HOUR_US - plant.start) / SECOND - WEEK + 60 for each in (0, 1, 2)]
    for number, one in enumerate(series):
        if CONDITIONS[number % len(CONDITIONS)]["type"] == "deviation":
            plant.write(one, *((second, USUAL) for second in hours))
    rollups.run(from_us(plant.now))


def test_it_finds_what_the_model_finds_whatever_happens(
    transactional_db, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is sent, and who is killed when. With these a silence of 10.4 s was missing.
    chance, fate = random.Random(1), random.Random(49)
    names = itertools.count()
    monkeypatch.setattr(processes, "new_name", lambda: f"engine-{next(names):03}")
    monkeypatch.setattr(writing, "FLAP_US", -1)  # each time it holds is an alert of its own
    plant = Plant()
    for number, condition in enumerate(CONDITIONS):
        plant.rule(condition, name=f"rule {number}", kind=f"kind-{number}")
    kinds = [f"kind-{number % len(CONDITIONS)}" for number in range(SERIES)]
    series = [plant.series(f"device-{n}", kind=kind) for n, kind in enumerate(kinds)]
    last_week(plant, series)
    plant.engines.append(plant.engine())
    plant.look()
    readings: list[Readings] = [[] for _ in series]
    for turn in range(ROUNDS):
        for number, one in enumerate(series):
            if batch := some(plant, number, chance, turn * ROUND, readings[number]):
                commit(plant, one, batch)
        plant.now = plant.at((turn + 1) * ROUND)
        with monkeypatch.context() as patch:
            patch.setattr(writing, "write", deadly(fate))
            turns(plant, fate)
    # Time passes for a device from its newest reading on: each is heard of now.
    plant.now = plant.at(ROUNDS * ROUND + 1)
    for number, one in enumerate(series):
        readings[number].append((plant.now, said(number, chance)))
        commit(plant, one, readings[number][-1:])
    plant.go(ROUNDS * ROUND + 1)
    plant.go(ROUNDS * ROUND + 2)
    told = plant.told()
    assert len(told) == len(set(told))
    fired: dict[int, int] = defaultdict(int)
    wrong = {}
    for number in range(SERIES):
        condition = CONDITIONS[number % len(CONDITIONS)]
        there, right = (
            found(plant, f"device-{number}"),
            wanted(condition, readings[number], plant.now),
        )
        fired[number % len(CONDITIONS)] += len(right)
        if there != right:
            wrong[number] = (
                f"{condition}: missing {right - there}, wrong {there - right} of {readings[number]}"
            )
    assert wrong == {}
    assert sum(fired.values()) > SERIES  # otherwise it proves nothing
    assert sum(map(bool, fired.values())) > len(CONDITIONS) - 2
