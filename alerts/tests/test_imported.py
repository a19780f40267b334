"""What comes from a file is history: no rule is judged by it, and what comes live still is."""

from __future__ import annotations

from alerts.tests.engine_world import Plant
from alerts.tests.test_engine import plant
from telemetry.models import Series
from telemetry.storage import store

__all__ = ["plant"]  # fixture


def written_from_a_file(plant: Plant, series: Series, *readings: tuple[float, float]) -> None:
    times = [plant.at(seconds) for seconds, _ in readings]
    values = [value for _, value in readings]
    store.write(store.Batch([series.pk] * len(times), times, values, is_imported=True), "import")


def test_no_rule_is_judged_by_what_comes_from_a_file(plant: Plant) -> None:
    old, new = plant.series(), plant.series("freezer-2")
    plant.rule()
    plant.write(old, (0, -18))
    plant.go(1)
    for series in (old, new):
        written_from_a_file(plant, series, (-90_000, 5.0), (-600, 6.0), (2, 7.0))
    plant.go(3)
    assert plant.alerts() == []
    for series in (old, new):
        plant.write(series, (4, -18))
    plant.go(5)
    assert plant.alerts() == []  # what lies between is no news of the series either
    plant.write(new, (6, -10))
    plant.go(7)
    assert (plant.one().uid, plant.one().value) == ("freezer-2", -10.0)
