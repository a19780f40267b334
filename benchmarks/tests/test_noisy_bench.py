"""The benchmark of a loud device has every quiet message stored, and the loud one kept out."""

import pytest

from benchmarks.tests.short_run import short_run

pytestmark = pytest.mark.process


def test_a_loud_device_is_refused_and_kept_out_and_the_quiet_ones_are_stored():
    # A limit that a busy machine exceeds as well; a quiet device stays far below it.
    words = (
        "--json",
        "--seconds=1",
        "--quiet-mqtt=5",
        "--quiet-http=3",
        "--limit=100",
        "--ways=mqtt",
    )
    found = short_run("noisy", *words)
    assert found["accounts"]
    for leg in ("alone", "beside_mqtt", "beside_http"):
        for way in ("mqtt", "http"):
            assert 0 < found[leg][way]["p50_ms"] <= found[leg][way]["p99_ms"], (leg, way)
    assert found["loud_mqtt"]["received"] > found["loud_mqtt"]["over_limit"] > 0
    assert found["loud_mqtt"]["kept_out"]
    assert found["loud_http"]["told_429"] > 0
