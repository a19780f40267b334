"""The live benchmark runs both paths, loses nothing, and says what it promises to say."""

import json
import os
import subprocess
import sys

import pytest

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
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "REDIS_URL", "MQTT_URL"}
    }
    words = ["--json", "--viewers=3", "--rate=5", "--seconds=1", "--series=4", *extra]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.live", *words],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["groups_to_hub_cpu"] > 0
    for path in ("hub", "groups"):
        assert set(found[path]) == FACTS
        assert (found[path]["published"], found[path]["points_lost"]) == (5, 0)
        assert 0 < found[path]["latency_ms"]["p50"] <= found[path]["latency_ms"]["p99"]
