"""What it costs to judge readings by the conditions of alerts; no server, no database.

A second of a fleet is judged: so many targets of one type of condition, each with ten readings.
Healthy ones are passed over by the screen, at once for all; a step is what one target costs that is
not, or whose type has no range in which nothing changes.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from alerts.conditions import Memory, Screen, read

TARGETS = 10_000
READINGS = 10  # of each target in a second
STEPS = 2_000  # that are measured of each type
REPEATS = 5  # of which the fastest counts: others share the machine
SECOND_US = 1_000_000
BEGIN_US = 1_764_244_800 * SECOND_US

DOCUMENTS: dict[str, dict[str, Any]] = {
    "threshold": {"op": "above", "limit": 30, "clear": 28, "for": 60},
    "rate": {"op": "rises", "limit": 30, "per": 300},
    "stuck": {"for": 600},
    "silent": {"seconds": 60},
    "state": {"equals": [7]},
    "deviation": {"by": 30},
}


def second(number: int) -> tuple[Any, Any]:
    """The times and values of one target in a second, in no alarm."""
    times = BEGIN_US + number * SECOND_US + np.arange(READINGS) * (SECOND_US // READINGS)
    return times, 20 + np.sin(times / 7e6)


def fastest(work: Callable[[int], None]) -> float:
    """Seconds of CPU time."""
    took = []
    for repeat in range(REPEATS):
        began = time.process_time()
        work(repeat)
        took.append(time.process_time() - began)
    return min(took)


def screened() -> float:
    """Core that `TARGETS` healthy thresholds take, at `READINGS` a second each."""
    condition = read({"type": "threshold", **DOCUMENTS["threshold"]})
    screen = Screen(TARGETS)
    for slot in range(TARGETS):
        screen.set(slot, condition.calm(Memory()), BEGIN_US - SECOND_US)

    def work(repeat: int) -> None:
        times, values = second(repeat)
        found = screen.stirred(slots, np.tile(times, TARGETS), np.tile(values, TARGETS))
        if len(found.slots) or len(screen.overdue(int(times[-1]))):
            raise RuntimeError("a healthy target was stirred")

    slots = np.repeat(np.arange(TARGETS), READINGS)
    return fastest(work)


def stepped(name: str) -> float:
    """Microseconds that one step takes of a target that is well, with `READINGS` readings."""
    condition = read({"type": name, **DOCUMENTS[name]})
    memory = Memory()
    for number in range(-600, 0):  # so that its window is full
        times, values = second(number)
        memory, _ = condition.step(memory, times[:1], values[:1], int(times[0]))
    times, values = second(0)

    def work(_repeat: int) -> None:
        for _ in range(STEPS):
            condition.step(memory, times, values, int(times[-1]))

    return fastest(work) / STEPS * 1e6


def main() -> int:
    steps = {name: round(stepped(name), 1) for name in DOCUMENTS}
    told = {"screened_cores": round(screened(), 4), "step_us": steps}
    sys.stdout.write(f"{TARGETS} healthy targets: {told['screened_cores']} of a core\n")
    for name, us in steps.items():
        sys.stdout.write(f"{name:12} {us:8.1f} us a step of {READINGS} readings\n")
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
