"""The history benchmark runs and measures what it says."""

import pytest

from benchmarks.tests.short_run import short_run

pytestmark = pytest.mark.process


def test_a_day_is_asked_for_from_readings_and_from_rollups():
    result = short_run("history", "--days=1", "--every=60")
    assert result["readings"] == 4 * 1440
    before, after = result["from_readings"], result["from_rollups"]
    assert before.keys() == after.keys() == {"1h_one", "1h_all", "24h_one", "24h_all"}
    for name, answer in after.items():
        assert 0 < answer["p50_ms"] <= answer["p99_ms"]
        assert answer["points"] == before[name]["points"] > 0
