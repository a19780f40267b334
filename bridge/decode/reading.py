"""What one payload says of a device: its samples, and its problems. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bridge.decode.items import Problem, Reason, Sample, Value
from bridge.decode.values import shown

MAX_VALUES = 10_000  # readings in one message
MAX_PROBLEMS = 20  # told of one message


class Reports(Protocol):
    """Whoever is told of what is left out."""

    def report(self, reason: Reason, detail: str) -> None: ...


class Reading:
    """Collects samples and problems of one payload while it is walked."""

    __slots__ = ("_said", "clock_replaced", "count", "problems", "received_us", "samples")

    def __init__(self, received_us: int) -> None:
        self.received_us = received_us
        self.samples: list[Sample] = []
        self.problems: list[Problem] = []
        self.clock_replaced = False
        self.count = 0
        self._said: dict[int, dict[str, Value]] = {}  # the values of a sample, by Unix us

    def report(self, reason: Reason, detail: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(reason, detail))

    def add(self, time_us: int, values: Mapping[str, Value]) -> None:
        """Keep what is said of an instant, all of it as one sample; of two values of one metric the
        first stays. Without an instant, 0, each is one of its own."""
        if not values:
            return
        said = self._said.get(time_us)
        if said is None:
            if time_us:  # a copy: whoever reads a document leaves it as it is
                values = self._said[time_us] = dict(values)
            self.samples.append(Sample(time_us, values))
            return
        for metric, value in values.items():
            if said.setdefault(metric, value) != value:
                report_conflict(self, metric, said[metric], value)

    def add_one(self, time_us: int, metric: str, value: Value) -> None:
        """The same of one value."""
        said = self._said.get(time_us)
        if said is None:
            self.add(time_us, {metric: value})
        elif said.setdefault(metric, value) != value:
            report_conflict(self, metric, said[metric], value)


def report_conflict(reading: Reports, metric: str, first: Value, other: Value) -> None:
    reading.report(
        Reason.CONFLICTING_VALUES,
        f"{shown(metric)} has two values at one instant, {_cut(first)} and {_cut(other)}:"
        " the first stays",
    )


def _cut(value: Value) -> str:
    return ascii(value)[:40]
