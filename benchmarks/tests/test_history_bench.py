"""The history benchmark runs and measures what it says."""

from pathlib import Path

import pytest

from benchmarks import history
from benchmarks.tests.short_run import short_run


@pytest.mark.process
def test_a_small_store_is_built_and_asked(server_folder: Path):
    words = ["--rows=20000", "--days=8", "--repeats=2", "--windows-only"]
    result = short_run("history", *words, f"--folder={server_folder}")
    assert result["build_seconds"] > 0
    for label in ("one", "twenty"):
        assert result["p50_ms"][label].keys() == {"1h", "24h", "packed_border"}
        for name, ms in result["p95_ms"][label].items():
            assert 0 < result["p50_ms"][label][name] <= ms


def test_growth_is_the_most_of_all_windows():
    before = {"one": {"1h": 10.0, "1y": 20.0}, "twenty": {"1h": 40.0, "1y": 50.0}}
    now = {"one": {"1h": 10.0, "1y": 22.0}, "twenty": {"1h": 50.0, "1y": 50.0}}
    found = history.growth(now, before)
    assert found["growth"] == 1.25
    assert found["growth_by_window"]["one"] == {"1h": 1.0, "1y": 1.1}
