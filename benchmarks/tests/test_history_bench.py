"""The history benchmark runs and measures what it says."""

import json
import os
import subprocess
import sys


def test_a_day_is_asked_for_from_readings_and_from_rollups():
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "REDIS_URL", "MQTT_URL"}
    }
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.history", "--days=1", "--every=60"],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["readings"] == 4 * 1440
    before, after = result["from_readings"], result["from_rollups"]
    assert before.keys() == after.keys() == {"1h_one", "1h_all", "24h_one", "24h_all"}
    for name, answer in after.items():
        assert 0 < answer["p50_ms"] <= answer["p99_ms"]
        assert answer["points"] == before[name]["points"] > 0
