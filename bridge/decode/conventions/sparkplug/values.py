"""Values of Sparkplug B by their datatype: the sign of a number is known by it alone. Pure."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from bridge.decode.conventions.sparkplug import payload, wire
from bridge.decode.conventions.sparkplug.payload import Metric
from bridge.decode.conventions.sparkplug.wire import BYTES, FIXED32, FIXED64, VARINT, Malformed
from bridge.decode.identity import metric_name
from bridge.decode.items import Problem, Reason, Value
from bridge.decode.reading import MAX_PROBLEMS
from bridge.decode.values import MAX_TEXT, exact

MAX_NESTED = 8  # templates inside templates
MAX_CELLS = 200  # readings of a data set or an array; a larger one is a file
MAX_READINGS = 10_000  # of a payload
MAX_CACHED = 20_000  # names of metrics that need not be made again

SIGNED = {1: 8, 2: 16, 3: 32, 4: 64}  # bits by datatype: Int8 to Int64
UNSIGNED = {5: 8, 6: 16, 7: 32, 8: 64, 13: 64}  # UInt8 to UInt64; DateTime, Unix milliseconds
FLOAT, DOUBLE, BOOLEAN = 9, 10, 11
FILES = (17, 18)  # Bytes, File: no reading
# The fields of a metric's value.
INT, LONG, FLOAT_FIELD, DOUBLE_FIELD, BOOL_FIELD, TEXT_FIELD, BYTES_FIELD = range(10, 17)
DATASET_FIELD, TEMPLATE_FIELD = 17, 18
# Of arrays: how an element is packed, little endian, by datatype: Int8Array to DoubleArray, and
# DateTimeArray.
PACKED = dict(zip(range(22, 32), "bhiqBHIQfd", strict=True)) | {34: "q"}
BOOLEANS, STRINGS = 32, 33
ARRAYS = frozenset({*PACKED, BOOLEANS, STRINGS})
Cell = tuple[tuple[str, ...], Value | None]  # levels below the metric's name, and the value
# Fields of a data set's cell, as those of a metric.
CELL = {1: (INT, VARINT), 2: (LONG, VARINT), 3: (FLOAT_FIELD, FIXED32), 4: (DOUBLE_FIELD, FIXED64),
        5: (BOOL_FIELD, VARINT), 6: (TEXT_FIELD, BYTES)}  # fmt: skip


_DOUBLE = struct.Struct("<d")


class Found:
    """The readings of a payload by time (Unix microseconds, 0: that of receipt) and metric, and
    what was left out."""

    def __init__(self, names: Mapping[str, int]) -> None:
        """`names`: the datatypes that the birth told, by the metric's name."""
        self.by_time: dict[int, dict[str, Value]] = {}
        self.problems: list[Problem] = []
        self.members: dict[str, int] = {}  # datatypes of what is in templates, by its whole name
        self._names = names
        self._count = 0

    def report(self, reason: Reason, detail: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(reason, detail))

    def add(self, name: str, metric: Metric, time_us: int, depth: int = 0) -> None:
        """Add what the metric holds, under the name."""
        datatype = metric.datatype or self._names.get(name, 0)
        if depth:
            self.members[name] = datatype
        if metric.is_null or not metric.field or datatype in FILES:
            return
        try:
            if metric.field == TEMPLATE_FIELD:
                self._add_template(name, metric, time_us, depth)
            elif metric.field == DATASET_FIELD:
                self._keep(name, time_us, cells(metric.value))
            elif datatype in ARRAYS:
                packed = metric.value if metric.field == BYTES_FIELD else None
                self._keep(name, time_us, elements(datatype, packed))
            else:
                value = scalar(datatype, metric.field, metric.value)
                kept = self.by_time.get(time_us)
                if kept is None:
                    kept = self.by_time[time_us] = {}
                self._keep_one(kept, _dotted(name), value)
        except (Malformed, struct.error) as exc:
            self.report(Reason.MALFORMED_BINARY, f"{name[:60]!a}: {exc}")

    def _add_template(self, name: str, metric: Metric, time_us: int, depth: int) -> None:
        if depth >= MAX_NESTED:
            self.report(Reason.TOO_DEEP, f"{name[:60]!a}: over {MAX_NESTED} templates deep")
            return
        found = payload.template(metric.value)
        for member in found.metrics if not found.is_definition else ():
            if member.name and len(self.members) < MAX_READINGS:
                self.add(f"{name}/{member.name}", member, time_us, depth + 1)

    def _keep(self, name: str, time_us: int, values: Iterable[Cell]) -> None:
        kept = self.by_time.setdefault(time_us, {})
        for count, (levels, value) in enumerate(values):
            if count >= MAX_CELLS:
                self.report(Reason.TOO_MANY_VALUES, f"{name[:60]!a} has too many values")
                return
            full = metric_name(*name.split("/"), *levels) if levels else _dotted(name)
            self._keep_one(kept, full, value)

    def _keep_one(self, kept: dict[str, Value], full: str, value: Value | None) -> None:
        self._count += 1
        if self._count > MAX_READINGS:
            self.report(Reason.TOO_MANY_VALUES, f"{full[:60]!a} has too many values")
        elif value is None:
            unkept = f"{full[:60]!a} is no finite number, or too long a text"
            self.report(Reason.UNSUPPORTED_VALUE, unkept)
        elif full and full not in kept:
            kept[full] = value
        elif full and kept[full] != value:
            twice = "has two values at one instant: the first stays"
            self.report(Reason.CONFLICTING_VALUES, f"{full[:60]!a} {twice}")


@lru_cache(MAX_CACHED)
def _dotted(name: str) -> str:
    return metric_name(*name.split("/"))


def scalar(datatype: int, field: int, raw: Any) -> Value | None:
    """The value, None where it is none. An integer of a datatype that nobody named is not guessed:
    it may be negative. Raises `Malformed`."""
    if field == DOUBLE_FIELD:
        value: float = _DOUBLE.unpack(raw)[0]
        return value if -math.inf < value < math.inf else None
    if field == FLOAT_FIELD:
        return _float(raw)
    if field == TEXT_FIELD:
        words = payload.text(raw)
        return words if len(words) <= MAX_TEXT else None
    if field == BOOL_FIELD or (field in (INT, LONG) and datatype == BOOLEAN):
        return bool(raw)
    if field in (INT, LONG):
        return _integer(datatype, raw)
    raise Malformed("it has bytes where its datatype has none")


def _integer(datatype: int, raw: int) -> Value:
    if datatype in SIGNED:
        # Some send the two's complement of 8 or 16 bits, others that of 32.
        bits = SIGNED[datatype]
        value = raw & ((1 << bits) - 1)
        value -= (value >> (bits - 1)) << bits
    elif datatype in UNSIGNED:
        value = raw & ((1 << UNSIGNED[datatype]) - 1)
    elif datatype in (FLOAT, DOUBLE):
        value = raw
    else:
        raise Malformed(f"an integer of the datatype {datatype}, whose sign no birth has told")
    return exact(value)


def _float(raw: bytes) -> float | None:
    """The shortest decimal that is this float of 32 bits: 27.2, and not 27.200000762939453."""
    value: float = struct.unpack("<f", raw)[0]
    if not math.isfinite(value):
        return None
    for digits in (6, 7, 8):
        short = float(f"{value:.{digits}g}")
        try:
            if struct.pack("<f", short) == raw:
                return short
        except OverflowError:
            continue
    return value


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def cells(data: Any) -> Iterator[Cell]:
    """The cells of a data set by row and column; of one row by column alone."""
    columns: list[str] = []
    types: list[int] = []
    rows: list[bytes] = []
    for number, kind, value in wire.fields(data):
        if number == 2 and kind == BYTES:
            columns.append(payload.text(value))
        elif number == 3 and kind == VARINT:
            types.append(int(value))
        elif number == 3 and kind == BYTES:  # packed, as proto3 does
            types += bytes(value)
        elif number == 4 and kind == BYTES:
            rows.append(value)
    for at, row in enumerate(rows):
        raw = [value for number, kind, value in wire.fields(row) if (number, kind) == (1, BYTES)]
        for column, datatype, cell in zip(columns, types, raw, strict=False):
            for number, kind, value in wire.fields(cell):
                if CELL.get(number, (0, -1))[1] == kind:
                    levels = (column,) if len(rows) == 1 else (str(at), column)
                    yield levels, scalar(datatype, CELL[number][0], value)


def elements(datatype: int, data: Any) -> Iterator[Cell]:
    """The elements of an array by their number."""
    if not isinstance(data, bytes):
        raise Malformed("it is no array")
    if datatype == STRINGS:
        found: list[Any] = [payload.text(each) for each in data.split(b"\0")[:-1][: MAX_CELLS + 1]]
    elif datatype == BOOLEANS:
        count = struct.unpack_from("<I", data)[0]
        if count > 8 * (len(data) - 4):
            raise Malformed(f"{count} booleans are announced, {len(data) - 4} bytes are there")
        bits = range(min(count, MAX_CELLS + 1))
        found = [bool(data[4 + bit // 8] >> (7 - bit % 8) & 1) for bit in bits]
    else:
        size = struct.calcsize(PACKED[datatype])
        if len(data) % size:
            raise Malformed(f"{len(data)} bytes are no array of {size} bytes each")
        count = min(len(data) // size, MAX_CELLS + 1)
        found = list(struct.unpack_from(f"<{count}{PACKED[datatype]}", data))
    for at, value in enumerate(found):
        if isinstance(value, float):
            raw = struct.pack("<f", value) if datatype == 30 else b""
            yield (str(at),), _float(raw) if raw else _finite(value)
        elif isinstance(value, str):
            yield (str(at),), value if len(value) <= MAX_TEXT else None
        else:
            yield (str(at),), exact(value)
