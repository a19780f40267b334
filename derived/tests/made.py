"""Derived series of tests, and readings for them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from django.db import connection

from derived import change, checking, definition
from derived.models import DerivedSeries
from derived.stepping import Stepping
from devices.models import Device
from telemetry.expression import Column
from telemetry.history import columns
from telemetry.models import Series
from telemetry.storage import store

FAR_US = 4_000_000_000_000_000
MAX_STEPS = 500  # of one drain


def device(uid: str = "boiler") -> Device:
    return Device.objects.get_or_create(uid=uid, defaults={"name": uid.title()})[0]


def series(metric: str, uid: str = "boiler", **facts: object) -> Series:
    return Series.objects.create(device=device(uid), metric=metric, **facts)


def derived(
    formula: str, sources: Mapping[str, Series], metric: str = "result", hold: float = 200.0
) -> DerivedSeries:
    given = {name: checking.Source(each, hold) for name, each in sources.items()}
    wanted = checking.checked(formula, "", given)
    return change.create(device("computed"), metric, {}, wanted, given)


def write(series_id: int, readings: Mapping[int, float]) -> None:
    """Values by Unix microseconds, as a bridge stores them."""
    ids = [series_id] * len(readings)
    store.write(
        store.Batch(ids, list(readings), list(readings.values()), may_repeat=True), "bridge-0"
    )


def drain(*processes: Stepping) -> None:
    """Steps, in turn, until nothing is left to be done."""
    for _ in range(MAX_STEPS):
        if not sum(process.step() == 0.0 for process in processes):
            return
    raise AssertionError("there is always more to be done")


def stored(series_id: int) -> dict[int, float]:
    times, values = columns.numbers(series_id, 0, FAR_US)
    return dict(zip(times.tolist(), values.tolist(), strict=True))


def at_once(of: DerivedSeries) -> dict[int, float]:
    """What the series should hold: the formula over all there is."""
    defined = definition.of(of)
    assert defined is not None
    given = {
        name: Column(*columns.numbers(series_id, 0, FAR_US), defined.hold_us[name])
        for name, series_id in defined.inputs.items()
    }
    at = given[defined.at].times_us
    values = defined.formula.evaluate(given, at)
    return {
        instant: value
        for instant, value in zip(at.tolist(), values.tolist(), strict=True)
        if not np.isnan(value)
    }


def begin_log() -> None:
    """Nothing waits in the log, and everything from now on does."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM commit_log")
