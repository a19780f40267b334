"""The four JSON telemetry forms: payload bytes to samples. Pure.

`{"t":1}` · `{"ts":ms,"values":{…}}` · an array of either · values nested in objects (dotted). The
first pass is a strict compiled decoder and a type check per value; whatever it does not take goes
through the tolerant pass, which finds out exactly what is wrong and saves what is right.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, KeysView, Mapping
from typing import Any, NoReturn, Protocol

from bridge.decode import device_time, documents
from bridge.decode.items import Problem, Reason, Sample, Value
from bridge.decode.tolerant import Repeating, Undecodable, object_of

MAX_DEPTH = 8  # objects inside objects, counted from the values
MAX_VALUES = 10_000  # readings in one message
MAX_METRIC = 200  # characters of a dotted metric name
MAX_TEXT = 1024  # characters of a text reading
MAX_EXACT_INTEGER = 2**53  # beyond it a float8 rounds, so the integer is kept as text
MAX_PROBLEMS = 20  # told of one message
KEPT_NAMES = 20_000  # of metrics, which need not be looked at again

_plain_names: set[str] = set()  # looked at before


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


def read(payload: bytes, received_us: int) -> Reading:
    """Samples and problems of a payload. Raises `Undecodable` when nothing in it can be used."""
    reading = Reading(received_us)
    document = documents.read(payload)
    if isinstance(document, dict):
        _add_object(reading, document)
    elif isinstance(document, list):
        for index, element in enumerate(document):
            if isinstance(element, dict):
                _add_object(reading, element, index)
            else:
                reading.report(
                    Reason.WRONG_TYPE, f"[{index}] is {_type_name(element)}, not an object"
                )
    else:
        raise Undecodable(
            Reason.WRONG_TYPE, f"the payload is {_type_name(document)}, not an object or an array"
        )
    if not reading.samples and not reading.count:
        if reading.problems:
            raise Undecodable(*reading.problems[0])
        raise Undecodable(Reason.NO_VALUES, "the payload holds no value")
    return reading


def _add_object(reading: Reading, document: dict[str, Any], index: int | None = None) -> None:
    """The payload, or the element of its array at `index`: of the form with a time only if it has
    both `ts` and an object `values`. A `ts` of null says that the device has no time."""
    time_us, values = 0, document
    if "ts" in document and isinstance(document.get("values"), dict):
        given = 0 if document["ts"] is None else _time(reading, document["ts"], index)
        if given is None:
            return
        time_us, values = given, _values_of(reading, document)
    if type(values) is dict and is_plain(values):
        reading.count += len(values)
        if reading.count > MAX_VALUES:
            _refuse_size()
        reading.add(time_us, values)
        return
    kept: dict[str, Value] = {}
    for metric, value in _flatten(reading, values, "", 1):
        reading.count += 1
        if reading.count > MAX_VALUES:
            _refuse_size()
        if kept.setdefault(metric, value) != value:
            report_conflict(reading, metric, kept[metric], value)
    if kept:
        reading.add(time_us, kept)
    elif _only_nulls(values):
        reading.count += 1  # `null` is no reading, and saying so is no mistake


def _values_of(reading: Reading, document: dict[str, Any]) -> dict[str, Any]:
    """What stands under `values`, each of them if there are several; a second `ts` is told."""
    if not isinstance(document, Repeating):
        values: dict[str, Any] = document["values"]
        return values
    for key, value in document.items():
        if key == "ts" and value != document["ts"]:
            report_conflict(reading, key, document["ts"], value)
    objects = [each for key, each in document.items() if key == "values"]
    return object_of([it for each in objects if isinstance(each, dict) for it in each.items()])


def _time(reading: Reading, stamp: Any, index: int | None) -> int | None:
    """Unix microseconds of `ts`. When that cannot be true it is told, and a reading that came alone
    is stamped on receipt: 0. One of many is refused: None, for it is no news of this moment."""
    found = device_time.read(stamp, reading.received_us, "ts" if index is None else f"[{index}].ts")
    if isinstance(found, int):
        return found
    reading.report(*found)
    reading.clock_replaced |= index is None
    return 0 if index is None else None


def report_conflict(reading: Reports, metric: str, first: Value, other: Value) -> None:
    reading.report(
        Reason.CONFLICTING_VALUES,
        f"{_shown(metric)} has two values at one instant, {_cut(first)} and {_cut(other)}:"
        " the first stays",
    )


def _cut(value: Value) -> str:
    return ascii(value)[:40]


def _refuse_size() -> NoReturn:
    raise Undecodable(Reason.TOO_MANY_VALUES, f"more than {MAX_VALUES} values in one message")


def is_plain(values: Mapping[str, Any]) -> bool:
    """Whether all is ordinary: short names, finite numbers and booleans at the top level."""
    for value in values.values():
        kind = type(value)
        if not (
            (kind is float and -math.inf < value < math.inf)
            or kind is bool
            or (kind is int and -MAX_EXACT_INTEGER <= value <= MAX_EXACT_INTEGER)
        ):
            return False
    return are_plain_names(values.keys())


def is_number(value: Any) -> bool:
    """Whether it is a finite float, or an integer that a float8 holds."""
    kind = type(value)
    if kind is float:
        return -math.inf < value < math.inf
    return kind is int and -MAX_EXACT_INTEGER <= value <= MAX_EXACT_INTEGER


def are_plain_names(names: KeysView[str]) -> bool:
    """Whether all can be names of metrics, and are ASCII and printable: they hold neither NUL nor
    surrogates. Devices say the same names again and again: those are looked up at once."""
    if names <= _plain_names:
        return True
    for name in names:
        if not name.isascii() or not name.isprintable() or not 0 < len(name) <= MAX_METRIC:
            return False
    if len(_plain_names) >= KEPT_NAMES:
        _plain_names.clear()
    _plain_names.update(names)
    return True


def _only_nulls(values: dict[str, Any]) -> bool:
    return bool(values) and all(
        value is None or (isinstance(value, dict) and _only_nulls(value))
        for value in values.values()
    )


def _flatten(
    reading: Reading, values: dict[str, Any], prefix: str, depth: int
) -> Iterator[tuple[str, Value]]:
    """Usable values by dotted metric; the others become problems."""
    for name, value in values.items():
        metric = f"{prefix}{name}"
        if isinstance(value, dict):
            if depth >= MAX_DEPTH:
                reading.report(Reason.TOO_DEEP, f"{_shown(metric)} is nested over {MAX_DEPTH} deep")
            else:
                yield from _flatten(reading, value, f"{metric}.", depth + 1)
        elif value is None:
            continue
        elif not name or len(metric) > MAX_METRIC or not is_storable(metric):
            reading.report(
                Reason.BAD_METRIC,
                f"the metric name {_shown(metric)} is empty, longer than {MAX_METRIC} characters"
                " or holds a character the store cannot",
            )
        else:
            usable = _value(reading, metric, value)
            if usable is not None:
                yield metric, usable


def _value(reading: Reading, metric: str, value: Any) -> Value | None:
    kind = type(value)
    if kind is bool:
        return bool(value)
    if kind is float:
        if math.isfinite(value):
            return float(value)
        reading.report(Reason.NOT_FINITE, f"{_shown(metric)} is no finite number")
    elif kind is int:
        return exact(value)
    elif kind is str:
        if len(value) <= MAX_TEXT and is_storable(value):
            return str(value)
        reading.report(
            Reason.BAD_TEXT,
            f"the text of {_shown(metric)} is longer than {MAX_TEXT} characters"
            " or holds a character the store cannot (NUL, a lone surrogate)",
        )
    else:
        reading.report(Reason.UNSUPPORTED_VALUE, f"{_shown(metric)} is {_type_name(value)}")
    return None


def exact(integer: int) -> int | str:
    """The integer, as text where a float8 would round it."""
    return integer if -MAX_EXACT_INTEGER <= integer <= MAX_EXACT_INTEGER else str(integer)


def is_storable(text: str) -> bool:
    """Whether Postgres can hold the text: no NUL, no lone surrogate."""
    if "\x00" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(metric: str) -> str:
    """A metric name cut and made printable for a message."""
    return ascii(metric[:60])


def _type_name(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean"}
    return "null" if value is None else names.get(type(value), "a number")
