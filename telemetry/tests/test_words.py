"""What a notification says is what a page shows: `format.test.js` has the same cases."""

from __future__ import annotations

import json
from pathlib import Path

from telemetry.series.words import duration, humanise, number

CASES = json.loads((Path(__file__).parent / "words_cases.json").read_text())


def test_numbers_durations_and_names_are_written_as_pages_do() -> None:
    assert [number(value, precision) for value, precision, _ in CASES["numbers"]] == [
        text for *_, text in CASES["numbers"]
    ]
    assert [duration(ms * 1_000) for ms, _ in CASES["durations_ms"]] == [
        text for _, text in CASES["durations_ms"]
    ]
    assert [humanise(metric) for metric, _ in CASES["names"]] == [
        text for _, text in CASES["names"]
    ]
