"""What a window of readings answers: raw or reduced, both tables merged, nothing lost."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from access.scope import EVERYTHING
from telemetry.history import reader, texts
from telemetry.moments import to_ms
from telemetry.storage import rollups, summary_packs
from telemetry.tests.written import series, write
from tests.examples import examples

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
END = to_ms(NOW)
HOUR, MINUTE = 3_600_000, 60_000

pytestmark = pytest.mark.django_db


def window(ids: list[int], start: int, end: int = END, points: int = 800) -> list[dict]:
    return reader.window(EVERYTHING, ids, start, end, points, now=NOW)


def test_a_window_includes_its_start_and_excludes_its_end() -> None:
    one = series()
    write(one.id, [(END - 2000, 1.0), (END - 1000, 2.0), (END, 3.0)])
    (answer,) = window([one.id], END - 1000)
    assert answer["points"] == [(END - 1000, 2.0)]
    assert answer["before"] == [END - 2000, 1.0]


def test_the_answer_describes_its_series_and_keeps_the_order_asked() -> None:
    first, second = series("a", unit="°C", precision=1), series("b", kind="boolean")
    answers = window([second.id, 2**31 - 1, first.id, second.id], END - HOUR)
    assert [answer["id"] for answer in answers] == [second.id, first.id]
    assert answers[1] == {
        "id": first.id,
        "metric": "a",
        "unit": "°C",
        "kind": "gauge",
        "precision": 1,
        "label": "",
        "quantity": "",
        "device": "boiler",
        "reduced": False,
        "bucket_ms": None,
        "points": [],
        "texts": [],
        "texts_since": None,
        "before": None,
    }


def test_numbers_and_texts_of_one_series_stand_beside_each_other() -> None:
    one = series()
    write(one.id, [(END - 3000, 1.5), (END - 2000, "ERR"), (END - 1000, 9_007_199_254_740_992.0)])
    write(one.id, [(END - 500, "9007199254740993"), (END - HOUR - 1, "old")])
    (answer,) = window([one.id], END - HOUR)
    assert answer["points"] == [(END - 3000, 1.5), (END - 1000, 9_007_199_254_740_992.0)]
    assert answer["texts"] == [
        (END - 2000, END - 2000, "ERR", 1),
        (END - 500, END - 500, "9007199254740993", 1),
    ]
    assert answer["before"] == [END - HOUR - 1, "old"]


def test_a_state_of_a_reading_a_second_is_whole_in_any_window() -> None:
    one = series(kind="text")
    start = END - 3 * HOUR
    write(one.id, [(start + n * 1000, "on" if n < 9000 else "off") for n in range(10_800)])
    (answer,) = window([one.id], start, points=10)
    assert answer["texts"] == [
        (start, start + 8_999_000, "on", 9000),
        (start + 9_000_000, END - 1000, "off", 1800),
    ]
    assert answer["texts_since"] is None


def test_a_run_ends_where_the_device_may_have_been_away() -> None:
    one = series(kind="text")
    one.device.expected_interval = 10  # seconds: silent after 5 of them
    one.device.save()
    at = [END - HOUR + n * 1000 for n in [*range(60), *range(111, 160), *range(240, 300)]]
    write(one.id, [(ms, "on") for ms in at])
    (answer,) = window([one.id], END - HOUR)
    assert [(first - END + HOUR, last - END + HOUR) for first, last, _, _ in answer["texts"]] == [
        (0, 59_000),
        (111_000, 159_000),
        (240_000, 299_000),
    ]


def test_a_text_slower_than_its_device_is_one_run_in_its_own_rhythm() -> None:
    one = series(kind="text")
    write(one.id, [(END - HOUR + n * 5 * MINUTE, "on") for n in (*range(6), *range(9, 12))])
    (answer,) = window([one.id], END - HOUR)
    assert [count for *_, count in answer["texts"]] == [6, 3]


def test_older_runs_that_are_left_out_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = series("a", kind="text"), series("b", kind="text")
    write(one.id, [(END - 100 + n, f"t{n}") for n in range(30)])
    write(other.id, [(END - 100 + n, "same") for n in range(30)])
    (answer,) = window([one.id], END - HOUR, points=10)
    assert answer["texts"] == [(END - 100 + n, END - 100 + n, f"t{n}", 1) for n in range(20, 30)]
    assert answer["texts_since"] == END - 80
    monkeypatch.setattr(texts, "MAX_READ", 10)
    (answer,) = window([other.id], END - HOUR)
    assert answer["texts"] == [(END - 80, END - 71, "same", 10)]
    assert answer["texts_since"] == END - 80


def test_a_spike_of_one_sample_survives_reduction_and_texts_stay_beside() -> None:
    one = series()
    start = END - HOUR
    write(one.id, [(start + n * 10_000, 999.0 if n == 123 else 1.0) for n in range(360)])
    write(one.id, [(start + 5, "ERR")])
    (answer,) = window([one.id], start, points=50)
    assert answer["reduced"]
    assert answer["bucket_ms"] == 2 * MINUTE
    assert len(answer["points"]) <= 50
    assert max(high for _, _, _, high, _ in answer["points"]) == 999.0
    assert sum(count for *_, count in answer["points"]) == 360
    assert answer["texts"] == [(start + 5, start + 5, "ERR", 1)]


def test_a_gap_has_no_bucket() -> None:
    one = series()
    start = END - HOUR
    minutes = [m for m in range(60) if not 20 <= m < 40]
    write(one.id, [(start + m * MINUTE + s * 1000, m) for m in minutes for s in (0, 20, 40)])
    (answer,) = window([one.id], start, points=60)
    assert [(ms - start) // MINUTE for ms, *_ in answer["points"]] == minutes


@pytest.mark.parametrize(("span", "points"), [(HOUR, 60), (48 * HOUR, 48), (30 * 24 * HOUR, 30)])
def test_late_data_shows_at_once_and_the_same_after_its_rollup(span: int, points: int) -> None:
    one = series()
    start = END - 24 * HOUR  # within the day that is rolled up already
    write(one.id, [(start + n * 10 * MINUTE, float(n)) for n in range(100)])
    rollups.run(NOW)
    summary_packs.run(NOW)
    write(one.id, [(start + 65_000 + n, -50.0 - n) for n in range(40)])

    fresh = window([one.id], END - span, points=points)
    rollups.run(NOW)
    assert window([one.id], END - span, points=points) == fresh
    summary_packs.run(NOW)
    assert window([one.id], END - span, points=points) == fresh
    if span > HOUR:
        assert fresh[0]["reduced"]
        assert min(low for _, _, low, _, _ in fresh[0]["points"]) == -89.0


def test_values_at_the_edge_of_a_float_neither_fail_nor_turn_infinite() -> None:
    one = series()
    start = END - 2 * HOUR
    write(one.id, [(start + n, 1.7e308) for n in range(20)])
    write(one.id, [(start + MINUTE + n, 5e-324) for n in range(20)])
    for rolled in (False, True):
        if rolled:
            assert rollups.run(NOW) == 2
        (answer,) = window([one.id], start, points=12)
        assert all(math.isfinite(value) for point in answer["points"] for value in point)
        assert answer["points"][0][3] == 1.7e308


def test_a_window_older_than_raw_readings_is_answered_from_rollups(settings) -> None:
    settings.RETENTION_DAYS = 30
    one = series()
    day = END - 60 * 24 * HOUR
    write(one.id, [(day + n * 1000, float(n)) for n in range(120)])
    rollups.run(NOW)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM reading")
    (answer,) = window([one.id], day, day + HOUR)
    assert answer["reduced"]
    assert answer["points"] == [(day, 29.5, 0.0, 59.0, 60), (day + MINUTE, 89.5, 60.0, 119.0, 60)]


def test_many_series_get_fewer_points_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_TOTAL_POINTS", 40)
    both = [series("a"), series("b")]
    for one in both:
        write(one.id, [(END - HOUR + n * MINUTE, 1.0) for n in range(60)])
    assert all(len(a["points"]) <= 20 for a in window([one.id for one in both], END - HOUR))


def test_latest_finds_numbers_and_texts_recent_and_old() -> None:
    number, text, old, empty = (series(metric) for metric in ("n", "t", "o", "e"))
    write(number.id, [(END - 2000, "ERR"), (END - 1000, 0.0)])
    write(text.id, [(END - 2000, 1.0), (END - 1000, "open")])
    write(old.id, [(END - 200 * 24 * HOUR, 4.0)])
    found = reader.latest(EVERYTHING, [number.id, text.id, old.id, empty.id], now=NOW)
    assert found == {
        number.id: [END - 1000, 0.0],
        text.id: [END - 1000, "open"],
        old.id: [END - 200 * 24 * HOUR, 4.0],
    }


def test_known_ids_are_those_of_series() -> None:
    one = series()
    assert reader.known_ids(EVERYTHING, [one.id, one.id + 1]) == {one.id}


class ReducedIsTheSameFromAnySource(TestCase):
    @settings(
        max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    @given(
        readings=st.dictionaries(
            st.integers(END - 50 * HOUR, END - 1),
            st.integers(-1000, 1000).map(float),
            min_size=12,
            max_size=60,
        ),
        rolled_until=st.integers(0, 50),
        span=st.sampled_from([1, 5, 30, 50, 700]),
    )
    def test_before_half_way_and_after_rolling_up(
        self, readings: dict[int, float], rolled_until: int, span: int
    ) -> None:
        one = series()
        write(one.id, readings.items())
        start = END - span * HOUR
        fresh = window([one.id], start, points=10)
        rollups.run(NOW - timedelta(hours=rolled_until))
        assert window([one.id], start, points=10) == fresh
        rollups.run(NOW)
        assert window([one.id], start, points=10) == fresh
        if fresh[0]["reduced"]:
            width, points = fresh[0]["bucket_ms"], fresh[0]["points"]
            for ms, mean, low, high, count in points:
                inside = [v for at, v in readings.items() if ms <= at < ms + width]
                assert (low, high, count) == (min(inside), max(inside), len(inside))
                assert mean == pytest.approx(sum(inside) / len(inside))
