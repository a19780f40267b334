"""The HTTP benchmark has every message committed and answered, and says what it promises to say."""

import pytest

from benchmarks.tests.short_run import short_run

pytestmark = pytest.mark.process


def test_a_short_run_loses_nothing():
    found = short_run("http_ingest", "--json", "--senders=3", "--seconds=1")
    assert (found["lost"], found["duplicated"], found["refused"]) == (0, 0, 0)
    assert found["sent"] >= 3
    assert found["messages_per_s"] > 0
    assert found["web_cpu_ms_per_message"] > 0
    assert 0 < found["latency_ms"]["p50"] <= found["latency_ms"]["p99"]
