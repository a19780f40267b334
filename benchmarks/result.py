"""How a benchmark ends: what it found for people, and as one JSON object on the last line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.stack import BenchmarkFailed

Result = dict[str, Any]


def tell(measure: Callable[[], Result], *, only_json: bool, show: Callable[[Result], None]) -> int:
    """Measure and say the result, with `show` unless only the JSON line is wanted. The exit status:
    1 after a `BenchmarkFailed`, which is said."""
    try:
        found = measure()
    except BenchmarkFailed as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    if not only_json:
        show(found)
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


def show_each(found: Result) -> None:
    """Each name and value on a line."""
    for name, value in found.items():
        sys.stdout.write(f"{name:32} {value}\n")
