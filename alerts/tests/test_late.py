"""Readings that come late, at the edges: the first of a series, beside an engine that takes over,
and where what is judged again begins."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.engine import writing
from alerts.tests.engine_world import Plant

pytestmark = pytest.mark.django_db(transaction=True)

DAY = 86_400  # seconds
SILENT: dict[str, Any] = {"type": "silent", "seconds": 10}


@pytest.fixture
def plant(transactional_db, monkeypatch: pytest.MonkeyPatch) -> Plant:
    monkeypatch.setattr(writing, "FLAP_US", -1)  # each time it holds is an alert of its own
    return Plant()


def spans(plant: Plant) -> list[tuple[float | None, float | None]]:
    return [
        (plant.seconds(each.started_at), plant.seconds(each.cleared_at)) for each in plant.alerts()
    ]


def take_over(plant: Plant) -> None:
    plant.engines[0].close()
    plant.engines = [plant.engine()]


def wall(seconds: int) -> str:
    return f"{seconds // 3_600 % 24:02}:{seconds // 60 % 60:02}"


def test_one_from_before_all_others_shows_the_silence_that_followed(plant: Plant) -> None:
    series = plant.series()
    plant.rule(SILENT)
    plant.look()
    plant.write(series, (20, 1.0))
    plant.go(21)
    plant.write(series, (5, 1.0))
    plant.go(22)
    assert spans(plant) == [(15, 20)]
    assert plant.told() == []


def test_an_engine_that_takes_over_reads_a_series_from_its_beginning(plant: Plant) -> None:
    """What is unread begins before the series did: its first readings were judged, and are of what
    it has to know all the same."""
    series, other = plant.series(), plant.series("freezer-2")
    plant.rule(SILENT, uid_pattern="freezer-1")
    plant.look()
    plant.write(series, (50, 1.0))
    plant.go(55)
    take_over(plant)
    plant.write(series, (62, 1.0))
    plant.write(other, (10, 1.0))
    plant.go(62)
    assert spans(plant) == [(60, 62)]


def test_what_comes_late_to_an_engine_that_takes_over_is_late(plant: Plant) -> None:
    """Also where it is newer than what that engine reads, and older than what was judged."""
    series = plant.series()
    plant.rule()
    plant.look()
    plant.write(series, (0, -10), (1, -20), (2, -20), (9, -20))
    plant.go(10)
    take_over(plant)
    plant.write(series, (5, -10))
    plant.go(11)
    assert spans(plant) == [(0, 1), (5, 9)]


def test_what_held_where_judging_again_begins_stays_as_it_was(plant: Plant) -> None:
    """It begins 60 s before the late reading: after the reading from which the first silence is
    counted, and before its end."""
    series = plant.series()
    plant.rule(SILENT)
    plant.look()
    for second in (0, 8, 18.5, 25, 33, 41, 49, 57, 65, 77):
        plant.write(series, (second, 1.0))
        plant.go(second)
    assert spans(plant) == [(18, 18.5), (75, 77)]
    plant.write(series, (75.5, 1.0))
    plant.go(78)
    assert spans(plant) == [(18, 18.5), (75, 75.5)]


@pytest.mark.parametrize(
    ("condition", "again"),
    [
        ({"type": "threshold", "op": "above", "limit": -15}, [(8 * DAY, None)]),
        ({"type": "stuck", "for": DAY / 2}, []),  # not yet
    ],
    ids=["threshold", "stuck"],
)
def test_an_alert_that_stands_longer_than_is_looked_back_is_put_right(
    plant: Plant, condition: dict[str, Any], again: list[tuple[float, None]]
) -> None:
    """What comes late says that it did not hold for a while, days after it began."""
    series = plant.series()
    plant.rule(condition)
    plant.look()
    for quarter in range(8 * 4 + 1):
        plant.write(series, (quarter * DAY / 4, -14.0))
        plant.now = plant.at(quarter * DAY / 4 + 1)
        if quarter % 4 == 0:
            plant.look()
    assert spans(plant) == [(0, None)]
    end = 8 * DAY
    plant.write(series, (end - 8_000, -14.0))
    plant.go(end + 2)
    assert spans(plant) == [(0, None)]
    plant.write(series, (end - 7_000, -20.0), (end - 6_990, -21.0), (end - 6_900, -22.0))
    plant.go(end + 3)
    assert sorted(spans(plant), key=str) == [(0, end - 7_000), *again]


def test_a_silence_that_began_before_its_hours_is_not_forgotten(plant: Plant) -> None:
    """It shows when its hours begin, long after the reading from which it is counted."""
    series = plant.series()
    opens = plant.at(0) // 60_000_000 * 60 + 600  # Unix seconds
    hours = {"zone": "UTC", "from": wall(opens), "to": wall(opens + 3_600)}
    begin = opens - plant.start / 1e6
    plant.rule(SILENT, schedule=hours)
    plant.look()
    plant.write(series, (0, 1.0))
    plant.go(1)
    plant.go(begin + 1)
    plant.write(series, (begin + 30, 1.0))
    plant.go(begin + 31)
    assert spans(plant) == [(begin, begin + 30)]
    plant.write(series, (begin + 20, 1.0))
    plant.go(begin + 32)
    assert spans(plant) == [(begin, begin + 20)]
