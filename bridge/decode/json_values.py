"""The four JSON telemetry forms: payload bytes to samples. Pure.

`{"t":1}` · `{"ts":ms,"values":{…}}` · an array of either · values nested in objects (dotted). The
first pass is a strict compiled decoder and a type check per value; whatever it does not settle goes
through the tolerant pass, which finds out exactly what is wrong and saves what is right.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import msgspec

from bridge.decode.items import Problem, Reason, Sample, Value

MAX_DEPTH = 8  # objects inside objects, counted from the values
MAX_JSON_NESTING = 64  # brackets open at once in a payload, before any parser sees it
MAX_VALUES = 10_000  # readings in one message
MAX_METRIC = 200  # characters of a dotted metric name
MAX_TEXT = 1024  # characters of a text reading
MAX_EXACT_INTEGER = 2**53  # beyond it a float8 rounds, so the integer is kept as text
MAX_PROBLEMS = 20  # told of one message
EARLIEST_US = 946_684_800_000_000  # 2000-01-01; a device clock before it was never set
LATEST_AHEAD_US = 86_400_000_000  # a day: a device clock further ahead than this is wrong

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

_decode = msgspec.json.Decoder().decode


class Undecodable(Exception):
    """The payload as a whole cannot be read; `problem` says why."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.problem = Problem(reason, detail)


class Reading:
    """Collects samples and problems of one payload while it is walked."""

    __slots__ = ("clock_replaced", "count", "problems", "received_us", "samples")

    def __init__(self, received_us: int) -> None:
        self.received_us = received_us
        self.samples: list[Sample] = []
        self.problems: list[Problem] = []
        self.clock_replaced = False
        self.count = 0

    def report(self, reason: Reason, detail: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(reason, detail))


def read(payload: bytes, received_us: int) -> Reading:
    """Samples and problems of a payload. Raises `Undecodable` when nothing in it can be used."""
    reading = Reading(received_us)
    try:
        document = _decode(payload)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        document = _decode_tolerantly(payload)
    if isinstance(document, dict):
        _add_object(reading, document, "")
    elif isinstance(document, list):
        for index, element in enumerate(document):
            if isinstance(element, dict):
                _add_object(reading, element, f"[{index}]")
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


def _decode_tolerantly(payload: bytes) -> Any:
    """What the strict decoder refused, read with NaN, 1e400 and lone surrogates let through, so
    that each costs its value and not the message. Raises `Undecodable`."""
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise Undecodable(Reason.NOT_UTF8, f"byte {exc.start} is not UTF-8") from exc
    nesting = _nesting(payload)
    if nesting > MAX_JSON_NESTING:
        raise Undecodable(Reason.TOO_DEEP, f"nested {nesting} deep, over {MAX_JSON_NESTING}")
    try:
        return json.loads(text, parse_int=_integer)
    except json.JSONDecodeError as exc:
        raise Undecodable(Reason.MALFORMED_JSON, f"{exc.msg} at character {exc.pos}") from exc


def _nesting(payload: bytes) -> int:
    """Brackets open at once at the deepest place, those inside strings not counted."""
    depth = deepest = 0
    in_string = escaped = False
    for byte in payload:
        if in_string:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_string = False
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _integer(digits: str) -> int | str:
    """An integer as written; one too long for Python's conversion limit stays text, exactly."""
    return int(digits) if len(digits) <= 640 else digits


def _add_object(reading: Reading, document: dict[str, Any], where: str) -> None:
    """One element: timestamped only if it has both `ts` and an object `values`."""
    stamp = document.get("ts")
    values = document.get("values")
    if stamp is not None and type(values) is dict:
        time_us = _time(reading, stamp, f"{where}.ts" if where else "ts")
    else:
        time_us, values = 0, document
    if is_plain(values):
        reading.count += len(values)
        if reading.count > MAX_VALUES:
            _refuse_size(reading)
        if values:
            reading.samples.append(Sample(time_us, values))
        return
    kept: dict[str, Value] = {}
    for metric, value in _flatten(reading, values, "", 1):
        reading.count += 1
        if reading.count > MAX_VALUES:
            _refuse_size(reading)
        kept[metric] = value
    if kept:
        reading.samples.append(Sample(time_us, kept))
    elif _only_nulls(values):
        reading.count += 1  # `null` is no reading, and saying so is no mistake


def _refuse_size(_reading: Reading) -> NoReturn:
    raise Undecodable(Reason.TOO_MANY_VALUES, f"more than {MAX_VALUES} values in one message")


def is_plain(values: Mapping[str, Any]) -> bool:
    """Whether all is ordinary: short names, finite numbers and booleans at the top level."""
    for metric, value in values.items():
        kind = type(value)
        if not (
            (kind is float and -math.inf < value < math.inf)
            or kind is bool
            or (kind is int and -MAX_EXACT_INTEGER <= value <= MAX_EXACT_INTEGER)
        ):
            return False
        # isascii() is O(1), and what is ASCII and printable holds neither NUL nor surrogates.
        if not metric.isascii() or not metric.isprintable() or not 0 < len(metric) <= MAX_METRIC:
            return False
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
        reading.report(Reason.NOT_FINITE, f"{_shown(metric)} is {value}")
    elif kind is int:
        return value if -MAX_EXACT_INTEGER <= value <= MAX_EXACT_INTEGER else str(value)
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


def is_storable(text: str) -> bool:
    """Whether Postgres can hold the text: no NUL, no lone surrogate."""
    if "\x00" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _time(reading: Reading, stamp: Any, where: str) -> int:
    """Unix microseconds of `stamp`, or 0 (stamp it on receipt) when it cannot be true."""
    if type(stamp) is int:
        time_us = stamp * 1_000
    elif type(stamp) is float and math.isfinite(stamp):
        time_us = round(max(-1.0, min(stamp, 1e15)) * 1_000)  # bounded: infinity has no integer
    elif type(stamp) is str:
        time_us = _iso(stamp)
    else:
        time_us = -1
    if time_us < 0:
        reading.report(Reason.BAD_TIMESTAMP, f"{where} is neither Unix milliseconds nor ISO 8601")
    elif EARLIEST_US <= time_us <= reading.received_us + LATEST_AHEAD_US:
        return time_us
    reading.clock_replaced = True
    return 0


def _iso(stamp: str) -> int:
    """Unix microseconds of an ISO 8601 time (UTC where it names no zone), or -1."""
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return -1
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return max(0, (moment - EPOCH) // MICROSECOND)
    except OverflowError:
        return -1


def _shown(metric: str) -> str:
    """A metric name cut and made printable for a message."""
    return ascii(metric[:60])


def _type_name(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean"}
    return "null" if value is None else names.get(type(value), "a number")
