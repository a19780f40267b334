"""Replays of what nothing is summed up of: all of it is read."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from alerts.conditions import Condition, Memory
from alerts.conditions.expression import Expression
from alerts.replay import sources
from alerts.replay.replayed import Budget, Replayed
from telemetry.history import columns
from telemetry.history.columns import HOUR_US

WINDOW_US = 6 * HOUR_US  # of a formula's series that are read at once


def replay_words(
    condition: Condition, series_id: int, start_us: int, stop_us: int, budget: Budget
) -> Replayed:
    """What a series said, as if the rule had been switched on at the start."""
    memory, done, at = Memory(), Replayed(judged_us=start_us), start_us - condition.lookback_us
    while at < stop_us and not budget.is_over:
        times, said = columns.words(series_id, at, stop_us, sources.CHUNK)
        budget.readings -= len(times)
        at = int(times[-1]) + 1 if len(times) == sources.CHUNK else stop_us
        memory, changes = condition.step(memory, times, said, at)
        done.take(changes)
        done.judged_us = at
    return done.since(start_us)


def replay_formula(
    condition: Condition, inputs: Mapping[str, int], start_us: int, stop_us: int, budget: Budget
) -> Replayed:
    """The same of a formula over several series, by the id of each name's: its values come of all
    of their readings."""
    formula = condition.judging
    if not isinstance(formula, Expression):
        raise TypeError(f"{condition.type} is no formula")
    memory, done, back_us = Memory(), Replayed(judged_us=start_us), condition.lookback_us
    for at in range(start_us, stop_us, WINDOW_US):
        if budget.is_over:
            break
        until = min(at + WINDOW_US, stop_us)
        read = {name: columns.numbers(pk, at - back_us, until) for name, pk in inputs.items()}
        budget.readings -= sum(len(times) for times, _ in read.values())
        instants = np.unique(np.concatenate([times for times, _ in read.values()]))
        instants = instants[instants >= at]
        memory, changes = condition.step(memory, instants, formula.evaluate(read, instants), until)
        done.take(changes)
        done.judged_us = until
    return done.since(start_us)
