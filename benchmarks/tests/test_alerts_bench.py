"""The benchmark of alerts runs, and every device beyond its limit has an alert."""

import pytest

from benchmarks.tests.short_run import short_run


@pytest.mark.process
def test_a_short_run_finds_every_alert_and_loses_nothing():
    result = short_run(
        "alerts", "--json", "--seconds=1", "--pairs=1", "--devices=20", "--rate=5000"
    )
    assert [one["engine"] for one in result["windows"]] == [False, True]
    assert (result["lost"], result["duplicated"], result["targets"]) == (0, 0, 200)
    assert result["alerts"] >= 10
    assert result["commit_to_alert_p99_ms"] >= result["commit_to_alert_p50_ms"] > 0
    assert result["engine_cores"] > 0
