"""Targets that are replayed together, for one answer: as many as there is time for."""

from __future__ import annotations

import time
from collections.abc import Sequence

from django.db.models import Q

from access.scope import EVERYTHING
from alerts.conditions import Condition, Takes
from alerts.conditions.expression import Expression
from alerts.replay.replayed import Budget, Replayed
from alerts.replay.sources import HeardOf, NumbersOf
from alerts.replay.walk import replay, silently_calm
from alerts.replay.whole import replay_formula, replay_words
from devices import clock
from devices.models import Device
from telemetry.history.read_limit import limited
from telemetry.models import Series
from telemetry.moments import to_us
from telemetry.storage import kept

BUDGET_SECONDS = 5.0  # of one answer; a target begun is ended
BUDGET_READINGS = 10_000_000  # of one answer: what Postgres gives in about as long


@limited()
def replayed(
    condition: Condition, targets: Sequence[Series | Device], start_us: int, stop_us: int
) -> tuple[list[tuple[Series | Device, Replayed]], int | None]:
    """Those there was time for, and the id of the last."""
    budget = Budget(BUDGET_READINGS, time.monotonic() + BUDGET_SECONDS)
    ids = [each.pk for each in targets if isinstance(each, Series)]
    calm = (
        set(silently_calm(condition, ids, start_us, stop_us))
        if condition.takes is Takes.NUMBERS
        else set()
    )
    done: list[tuple[Series | Device, Replayed]] = []
    for target in targets:
        if isinstance(target, Series) and target.pk in calm:
            done.append((target, Replayed(judged_us=stop_us)))
            continue
        if done and budget.is_over:
            break
        done.append((target, _of_one(condition, target, start_us, stop_us, budget)))
    return done, done[-1][0].pk if done else None


def _of_one(
    condition: Condition, target: Series | Device, start_us: int, stop_us: int, budget: Budget
) -> Replayed:
    device = target.device if isinstance(target, Series) else target
    fitted = condition.fitted(round(device.expected_interval * 1_000_000))
    inputs: dict[str, int] = {}
    ids: tuple[int, ...] = (target.pk,)
    if isinstance(target, Device) and isinstance(condition.judging, Expression):
        inputs = _inputs(condition.judging, target)
        ids = tuple(inputs.values())
    elif isinstance(target, Device):
        ids = tuple(target.series.order_by("id").values_list("id", flat=True))
    # Some series are kept for a shorter time than others.
    start_us = min(max(start_us, to_us(kept.all_of(ids, clock.now()).raw)), stop_us)
    if isinstance(target, Device) and isinstance(condition.judging, Expression):
        if len(inputs) < len(condition.judging.inputs):  # one of them is not there: no values
            return Replayed(judged_us=stop_us)
        return replay_formula(fitted, inputs, start_us, stop_us, budget)
    if isinstance(target, Device):
        return replay(fitted, HeardOf(ids), start_us, stop_us, budget)
    if condition.takes is Takes.WORDS:
        return replay_words(fitted, target.pk, start_us, stop_us, budget)
    if condition.takes is Takes.TIMES:
        return replay(fitted, HeardOf((target.pk,)), start_us, stop_us, budget)
    return replay(fitted, NumbersOf(target.pk), start_us, stop_us, budget)


def _inputs(formula: Expression, device: Device) -> dict[str, int]:
    """The series of each name that there is. Which devices may be named was asked for the rule."""
    found = {}
    for name, (metric, uid) in formula.inputs:
        owner = Q(device__uid=uid) if uid else Q(device=device)
        series = Series.objects.visible_to(EVERYTHING).filter(owner, metric=metric).first()
        if series is not None:
            found[name] = series.pk
    return found
