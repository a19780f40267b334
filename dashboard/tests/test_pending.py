"""What waits for a viewer is bounded, and thinning keeps the extremes."""

import json
import random

from dashboard.live import pending
from dashboard.live.pending import Pending, merge


def body(waiting: Pending) -> dict:
    return json.loads("{" + waiting.body())


def test_points_within_the_bounds_stay_as_they_are():
    waiting = Pending()
    waiting.add("7", [[1, 1.0], [2, 2.0]])
    waiting.add("7", [[3, 3.0]])
    waiting.add("8", [[1, "open"]])
    assert body(waiting) == {
        "d": {"7": [[1, 1.0], [2, 2.0], [3, 3.0]], "8": [[1, "open"]]},
        "thinned": False,
    }
    assert len(waiting) == 4


def test_thinning_keeps_newest_minimum_and_maximum(monkeypatch):
    monkeypatch.setattr(pending, "MAX_PER_SERIES", 8)
    values = [float(value) for value in range(1000)]
    random.Random(7).shuffle(values)
    waiting = Pending()
    for at, value in enumerate(values):
        waiting.add("7", [[at, value]])
    told = body(waiting)
    points = told["d"]["7"]
    assert told["thinned"] is True
    assert len(points) <= 8
    assert len(waiting) == len(points)
    assert min(min(point[1:]) for point in points) == 0.0
    assert max(max(point[1:]) for point in points) == 999.0
    assert points[-1][:2] == [999, values[-1]]
    assert [point[0] for point in points] == sorted(point[0] for point in points)


def test_the_total_is_bounded_over_many_series(monkeypatch):
    monkeypatch.setattr(pending, "MAX_POINTS", 100)
    waiting = Pending()
    for at in range(200):
        for series_id in range(30):
            waiting.add(str(series_id), [[at, float(at)]])
        assert len(waiting) <= 100
    assert len(body(waiting)["d"]) == 30


def test_late_readings_are_merged_in_time_order(monkeypatch):
    monkeypatch.setattr(pending, "MAX_PER_SERIES", 2)
    waiting = Pending()
    waiting.add("7", [[30, 3.0], [10, 1.0], [20, 2.0]])
    assert body(waiting)["d"]["7"][-1][0] == 30


def test_merging_texts_keeps_the_last_one():
    assert merge([1, "a"], [2, "b"]) == [2, "b"]
    assert merge([1, 4.0], [2, "err"]) == [2, "err"]
    assert merge([1, 4.0], [2, 3.0]) == [2, 3.0, 3.0, 4.0]
    assert merge([2, 3.0, 1.0, 9.0], [3, 5.0]) == [3, 5.0, 1.0, 9.0]


def test_absorbing_leaves_the_other_frame_unchanged():
    shared, behind = Pending(), Pending()
    shared.add("7", [[1, 1.0]])
    before = shared.body()
    behind.absorb(shared)
    behind.add("7", [[2, 2.0]])
    assert shared.body() == before
    assert body(behind)["d"]["7"] == [[1, 1.0], [2, 2.0]]
