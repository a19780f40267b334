"""The benchmark of the ingest beside everything loses nothing, and says what it ran."""

import pytest

from benchmarks.tests.short_run import short_run

pytestmark = pytest.mark.process


def test_a_short_run_says_what_the_ingest_did_alone_and_beside_everything():
    words = ["--json", "--seconds=1", "--latency-seconds=1", "--pairs=1", "--rate=300"]
    found = short_run("beside", *words, "--devices=10", "--viewers=3", "--questions=5")
    assert (found["lost"], found["duplicated"]) == (0, 0)
    (alone,), (beside,) = found["alone"], found["beside"]
    assert alone["readings_per_s"] > 0 < beside["readings_per_s"]
    assert set(beside["cores_beside"]) == {"web", "maintain"}
    assert beside["frames_per_s"] > 0 < beside["points_per_s"]
    assert beside["history_ms"]["p50"] > 0
    assert 0 < alone["latency_p50_ms"] <= alone["latency_p99_ms"]
