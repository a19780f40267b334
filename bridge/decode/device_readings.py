"""What the devices of one message say, gathered while it is read. Pure.

For dialects that put several devices, instants or both into a message.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Any

from bridge.decode import named_units
from bridge.decode.descriptions import said
from bridge.decode.items import (
    Described,
    Ignored,
    Item,
    Problem,
    Reason,
    Rejected,
    Sample,
    Telemetry,
    Value,
)
from bridge.decode.reading import MAX_PROBLEMS, MAX_VALUES, report_conflict
from bridge.decode.state import State
from bridge.message import Message

MAX_DEVICES = 500  # in one message
MAX_ABOUT = 128  # characters of a name, a model and the like
MAX_CACHED = 20_000  # texts about devices, which come with every message
NO_VALUE = "no_value"  # why a message is ignored that says only what is not known


class DeviceReadings:
    """Items of one message, by device in the order they were met. What a device is, and what its
    series are, is told from time to time only: see `Context.due`."""

    def __init__(self, message: Message, state: State) -> None:
        self._context = state.context
        self.received_us = message.received_us
        self.problems: list[Problem] = []
        self.clock_replaced = False  # a time was given that cannot be true
        self._samples: dict[str, dict[int, list[dict[str, Value]]]] = {}  # by uid and Unix us
        self._units: dict[str, dict[str, tuple[str, str]]] = {}  # and quantity, by uid and metric
        self._about: dict[str, dict[str, Any]] = {}  # by uid: what Described takes
        self._count = 0

    def report(self, reason: Reason, detail: str) -> None:
        """Tell of a value, or a line, that is left out."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(reason, detail))

    def describe(self, uid: str, **about: str) -> None:
        """What a device is, by the fields of `Described`. "" tells nothing, nor does a name that is
        the uid."""
        kept = self._about.setdefault(uid, {})
        for key, text in about.items():
            if text and (told := _said(text[:MAX_ABOUT])) and not (key == "name" and told == uid):
                kept[key] = told

    def is_called(self, uid: str, *aliases: str) -> None:
        """What else a device is called; told if it measured something, too."""
        cleaned = [_said(alias[:MAX_ABOUT]) for alias in aliases]
        if known := tuple(alias for alias in cleaned if alias and alias != uid):
            self._about.setdefault(uid, {})["aliases"] = known

    def add(self, uid: str, time_us: int, values: dict[str, Value]) -> None:
        """Readings of one instant, 0 for that of the receipt. Of two values of one metric at one
        instant the first stays; without an instant each is one of its own."""
        if not values:
            return
        self._count += len(values)
        if self._count > MAX_VALUES:
            self.report(Reason.TOO_MANY_VALUES, f"more than {MAX_VALUES} values in one message")
            return
        if uid not in self._samples and len(self._samples) >= MAX_DEVICES:
            self.report(Reason.TOO_MANY_VALUES, f"more than {MAX_DEVICES} devices in one message")
            return
        at = self._samples.setdefault(uid, {}).setdefault(time_us, [])
        if not at or (not time_us and not at[-1].keys().isdisjoint(values)):
            at.append(dict(values))
            return
        kept = at[-1]
        for metric, value in values.items():
            if kept.setdefault(metric, value) != value:
                report_conflict(self, metric, kept[metric], value)

    def has_unit(self, uid: str, metric: str, unit: str, quantity: str = "") -> None:
        """The unit a device gives a metric of its, and the quantity where neither tells it."""
        self._units.setdefault(uid, {})[metric] = unit, quantity

    def items(self) -> list[Item]:
        """Each device with what it is and what it measured. The problems go with the first."""
        items: list[Item] = []
        for uid in dict.fromkeys([*self._about, *self._samples]):
            about = self._about.get(uid)
            if about and self._is_due(uid, *about.values()):
                items.append(Described(uid, **about))
            samples = [
                Sample(time_us, values)
                for time_us, at in self._samples.get(uid, {}).items()
                for values in at
            ]
            items += self._series(uid, samples)
            if samples:
                items.append(Telemetry(uid, samples, tuple(self.problems), self.clock_replaced))
                self.problems, self.clock_replaced = [], False
        return items

    def _series(self, uid: str, samples: list[Sample]) -> list[Described]:
        """What its series are. Asked once for all of them: their names are the same each time."""
        units = self._units.get(uid, {})
        if len(samples) == 1:
            metrics = tuple(samples[0].values)
        else:
            metrics = tuple({metric: None for sample in samples for metric in sample.values})
        if not self._is_due(uid, metrics, *units.items()):
            return []
        told = [
            named_units.described(uid, metric, *units.get(metric, ("", ""))) for metric in metrics
        ]
        return [each for each in told if each is not None]

    def _is_due(self, uid: str, *what: Hashable) -> bool:
        return self._context.due(uid, what, self.received_us)

    def or_rejected(self, uid: str) -> list[Item]:
        """The items, and what is wrong with the message where nothing of it can be used."""
        items = self.items()
        if self.problems:
            items.append(Rejected(uid, self.problems[0]))
        return items or [Ignored(NO_VALUE, uid)]


@lru_cache(MAX_CACHED)
def _said(text: str) -> str:
    return said(text, MAX_ABOUT)
