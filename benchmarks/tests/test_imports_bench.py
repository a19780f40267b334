"""The benchmark of imports runs and stores what it says."""

import pytest

from benchmarks.tests.short_run import short_run

pytestmark = pytest.mark.process


def test_both_files_are_stored_whole_beside_a_bridge():
    result = short_run("imports", "--readings=4000", "--beside=400", "--before=1")
    for kind in ("csv", "parquet"):
        assert result[kind]["stored"] == result[kind]["readings"] == 4_000
    assert result["import_rows_per_s"] > 0
    for seen in result["bridge"].values():
        assert seen["readings_per_s"] > 0
        assert 0 < seen["latency_p50_ms"] <= seen["latency_p99_ms"]
