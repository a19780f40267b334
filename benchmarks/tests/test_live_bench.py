"""The live benchmark runs both paths, loses nothing, and says what it promises to say."""

import pytest

from benchmarks.tests.short_run import short_run

pytestmark = pytest.mark.process

FACTS = {
    "published",
    "frames",
    "points_lost",
    "frames_per_s",
    "cpu_us_per_frame_and_socket",
    "cpu_us_per_message_and_socket",
    "cpu_cores",
    "latency_ms",
    "web_mib",
}


@pytest.mark.parametrize("extra", [[], ["--distinct"]])
def test_a_short_run_delivers_every_point_on_both_paths(extra):
    # Viewers enough that the CPU time of either path is more than a tick of its clock.
    words = ["--json", "--viewers=10", "--rate=5", "--seconds=1", "--series=4"]
    found = short_run("live", *words, *extra)
    assert found["groups_to_hub_cpu"] > 0
    for path in ("hub", "groups"):
        assert set(found[path]) == FACTS
        assert (found[path]["published"], found[path]["points_lost"]) == (5, 0)
        assert 0 < found[path]["latency_ms"]["p50"] <= found[path]["latency_ms"]["p99"]
