"""One pack of SenML, record after record: whose readings they are, which, and of when. Pure.

`senml_names` tells a device and a metric by a record's name, `senml_base` what records before say.
"""

from __future__ import annotations

import math
from typing import Any

from bridge.decode import device_time
from bridge.decode.conventions import senml_records
from bridge.decode.conventions.senml_base import BASES, Base, number
from bridge.decode.conventions.senml_names import measured, named, uid_of
from bridge.decode.descriptions import said, units
from bridge.decode.identity import metric_name
from bridge.decode.items import (
    Described,
    Item,
    Problem,
    Reason,
    Rejected,
    Telemetry,
    Value,
)
from bridge.decode.reading import Reading
from bridge.decode.state import Context
from bridge.decode.values import MAX_TEXT, exact, is_number, is_storable
from bridge.message import Message

LEVEL = "senml"  # of a topic that says what it carries: the first, or the last
VERSION = 10  # the newest there is
RELATIVE_BELOW = 2**28  # seconds: a time before 1978-07-04 counts from now
KNOWN = frozenset(senml_records.LABELS.values())
PLAIN = KNOWN - {"bver"}
HELD = ("v", "vs", "vb", "vd", "s")  # labels one of which a record has, unless it is a base alone
HELD_BESIDE = frozenset(HELD) - {"v"}
ORDINARY = frozenset({"n", "u", "v"})  # the labels of nearly all records
SHOWN = {"lat": "°", "lon": "°", "EL": "s", "/": "", "count": ""}


class Pack:
    """Readings by device, record after record."""

    def __init__(self, topic: str, message: Message) -> None:
        self._topic = topic
        self._received_us = message.received_us
        self._is_retained = message.retain
        self._base = Base()
        self._devices: dict[str, Reading] = {}  # by their ids
        self._timed: tuple[float, int] = (0.0, 0)  # the seconds read last, and their Unix us
        self._units: dict[str, dict[str, str]] = {}  # by device and metric

    def add_all(self, records: list[Any]) -> Problem | None:
        """None, or why nothing of the pack can be used."""
        at = 0
        while at < len(records):
            if (problem := self._add(at, records[at], is_alone=len(records) == 1)) is not None:
                return problem
            at = self._add_ordinary(records, at + 1)
        return None

    def _add(self, index: int, record: Any, *, is_alone: bool) -> Problem | None:
        """None, or why nothing of the pack can be used."""
        if not isinstance(record, dict):
            return Problem(Reason.WRONG_TYPE, f"[{index}] is no record")
        if not record.keys() <= PLAIN and (problem := _not_understood(index, record)) is not None:
            return problem
        if not BASES.isdisjoint(record):
            self._base = self._base.with_those_of(record)
        unit = _text(record, "u") or self._base.unit
        native, metric = self._name(_text(record, "n"), unit)
        values = self._values(record, metric)
        if not values and not any(label in record for label in HELD):
            return None
        reading = self._devices.get(native)
        if reading is None:
            reading = self._devices[native] = Reading(self._received_us)
        if not values:
            if "vd" not in record:  # bytes are no reading
                reading.report(Reason.UNSUPPORTED_VALUE, f"[{index}] holds no value that is kept")
            return None
        time_us = self._time(reading, number(record.get("t")) or 0.0, index, is_alone=is_alone)
        if time_us is not None:
            reading.add(time_us, values)
            told = self._units.setdefault(native, {}) if unit else {}
            for full in values:
                told[full] = SHOWN.get(unit, unit)
        return None

    def _add_ordinary(self, records: list[Any], at: int) -> int:
        """Add the numbers and booleans that are said of the device and the instant of a record
        before them, from that place on; where the first other record is. Nearly all are such."""
        base = self._base
        native = base.name.rstrip(":/")
        reading = self._devices.get(native)
        if reading is None or not base.name or base.value or base.time != self._timed[0]:
            return at
        time_us, told = self._timed[1], self._units.setdefault(native, {})
        for place in range(at, len(records)):
            record = records[place]
            if type(record) is not dict or not record.keys() <= ORDINARY:
                return place
            name: Any = record.get("n", "")
            value: Any = record.get("v")
            unit = record.get("u") or base.unit
            if not (type(value) is bool or is_number(value)):
                return place
            if type(name) is not str or type(unit) is not str:
                return place
            full = named(base.name, name, unit).full
            reading.add_one(time_us, full, value)
            if unit:
                told[full] = SHOWN.get(unit, unit)
        return len(records)

    def _name(self, name: str, unit: str) -> tuple[str, str]:
        """The device's id and the metric."""
        base = self._base.name
        if not base and ":" not in name and "/" not in name:
            return self._topic_of_device(), name or measured(unit)
        native, metric, _ = named(base, name, unit)
        return native, metric

    def _topic_of_device(self) -> str:
        levels = [level for level in self._topic.split("/") if level and level != LEVEL]
        return "/".join(levels)

    def _values(self, record: dict[Any, Any], metric: str) -> dict[str, Value]:
        values: dict[str, Value] = {}
        name = metric_name(metric)
        if not self._base.value and HELD_BESIDE.isdisjoint(record):  # nearly all records
            only: Any = record.get("v")
            if name and (type(only) is bool or is_number(only)):
                return {name: only}
        for label, base in (("v", self._base.value), ("s", self._base.sum)):
            found = number(record.get(label))
            if found is not None:
                full = name if label == "v" else metric_name(metric, "sum")
                values[full] = _sum(base, found)
        words, truth = record.get("vs"), record.get("vb")
        if isinstance(words, str) and len(words) <= MAX_TEXT and is_storable(words):
            values.setdefault(name, words)
        if isinstance(truth, bool):
            values.setdefault(name, truth)
        return {full: value for full, value in values.items() if full and _is_kept(value)}

    def _time(self, reading: Reading, given: float, index: int, *, is_alone: bool) -> int | None:
        """Unix microseconds; 0 for now, None for a record whose time cannot be true."""
        seconds = self._base.time + given
        if not seconds:
            return 0
        if seconds == self._timed[0]:  # as that of the record before
            return self._timed[1]
        if abs(seconds) < RELATIVE_BELOW:
            # What the broker kept was said at another now.
            seconds = 0 if self._is_retained else self._received_us / 1e6 + seconds
        found = device_time.read(seconds * 1_000, self._received_us, f"[{index}].t")
        if isinstance(found, int):
            self._timed = seconds, found
            return found
        if not seconds:
            return 0
        reading.report(*found)
        reading.clock_replaced |= is_alone
        return 0 if is_alone else None

    def items(self, context: Context) -> list[Item]:
        items: list[Item] = []
        for native, reading in self._devices.items():
            uid = uid_of(native)
            if not uid:
                problem = Problem(Reason.BAD_UID, "no name tells the device")
                items.append(Rejected("", problem))
            elif reading.samples:
                told = self._units.get(native, {})
                if context.due(uid, tuple(told.items()), self._received_us):
                    items += [Described(uid, name=said(native)), *units(uid, told)]
                problems = tuple(reading.problems)
                items.append(Telemetry(uid, reading.samples, problems, reading.clock_replaced))
            elif reading.problems:
                items.append(Rejected(uid, reading.problems[0]))
        return items


def _not_understood(index: int, record: dict[Any, Any]) -> Problem | None:
    """Why the pack must not be read: a label, or a version, that is not of this RFC."""
    for label in record:
        if isinstance(label, str) and label.endswith("_") and label not in KNOWN:
            must = f"[{index}] has the label {label[:40]!a}, which must be understood"
            return Problem(Reason.UNSUPPORTED_VALUE, must)
    version = record.get("bver")
    if isinstance(version, int) and version > VERSION:
        return Problem(Reason.UNSUPPORTED_VALUE, f"the version {version} is over {VERSION}")
    return None


def _sum(base: float, number: float) -> Value:
    total = base + number if base else number
    return exact(total) if isinstance(total, int) else total


def _is_kept(value: Value) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _text(record: dict[Any, Any], label: str) -> str:
    found = record.get(label)
    return found if isinstance(found, str) else ""
