"""The four JSON telemetry forms: payload bytes to samples. Pure.

`{"t":1}` · `{"ts":ms,"values":{…}}` · an array of either · values nested in objects (dotted). The
first pass is a strict compiled decoder and a type check per value; whatever it does not take goes
through the tolerant pass, which finds out exactly what is wrong and saves what is right.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NoReturn

from bridge.decode import device_time, documents
from bridge.decode.items import Reason, Value
from bridge.decode.reading import MAX_VALUES, Reading, report_conflict
from bridge.decode.tolerant import Repeating, Undecodable, object_of
from bridge.decode.values import MAX_METRIC, MAX_TEXT, exact, is_plain, is_storable, shown

MAX_DEPTH = 8  # objects inside objects, counted from the values


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


def _refuse_size() -> NoReturn:
    raise Undecodable(Reason.TOO_MANY_VALUES, f"more than {MAX_VALUES} values in one message")


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
                reading.report(Reason.TOO_DEEP, f"{shown(metric)} is nested over {MAX_DEPTH} deep")
            else:
                yield from _flatten(reading, value, f"{metric}.", depth + 1)
        elif value is None:
            continue
        elif not name or len(metric) > MAX_METRIC or not is_storable(metric):
            reading.report(
                Reason.BAD_METRIC,
                f"the metric name {shown(metric)} is empty, longer than {MAX_METRIC} characters"
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
        reading.report(Reason.NOT_FINITE, f"{shown(metric)} is no finite number")
    elif kind is int:
        return exact(value)
    elif kind is str:
        if len(value) <= MAX_TEXT and is_storable(value):
            return str(value)
        reading.report(
            Reason.BAD_TEXT,
            f"the text of {shown(metric)} is longer than {MAX_TEXT} characters"
            " or holds a character the store cannot (NUL, a lone surrogate)",
        )
    else:
        reading.report(Reason.UNSUPPORTED_VALUE, f"{shown(metric)} is {_type_name(value)}")
    return None


def _type_name(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean"}
    return "null" if value is None else names.get(type(value), "a number")
