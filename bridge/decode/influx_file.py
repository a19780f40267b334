"""A file of line protocol as blocks of a long table, which `telemetry.imports` reads as any other.

Devices and metrics are those that the same lines have over MQTT and HTTP, so a history exported
from Influx goes on where Telegraf writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from bridge.decode import telegraf_names
from bridge.decode.conventions import influx
from bridge.decode.items import Reason, Value
from telemetry.imports.layout import Options
from telemetry.imports.row_block import MAX_SHOWN, Bad, RowBlock, line_chunks

Row = tuple[str, str, str, str | None, str | None]  # time, device, metric, value, text
MAX_TIME = 2**63  # no count of a time is as large
COLUMNS = ("time", "device", "metric", "value", "text")


class _Told:
    """What is wrong with values of the line that is being read."""

    def __init__(self) -> None:
        self.bad: list[Bad] = []
        self.line = 0

    def report(self, _reason: Reason, detail: str) -> None:
        self.bad.append(Bad(self.line, f"no value that can be stored: {detail}"))


def blocks(file: BinaryIO, options: Options) -> Iterator[RowBlock]:
    """The points of the file. Raises `NotImported` for a line without end."""
    line = 1  # of the first character of the chunk
    for chunk in line_chunks(file):
        text = chunk.decode("utf-8", "surrogateescape")
        told, rows, lines, passed = _Told(), [], [], 0
        for at, _, match in influx.scanned(text):
            line += text.count("\n", passed, at)
            passed, told.line = at, line
            if match is None:
                if text[at] != "#":
                    shown = text[at : at + MAX_SHOWN].partition("\n")[0]
                    told.bad.append(Bad(line, f"no line protocol: {shown!a}"))
                continue
            if not _is_utf8(match.group()):
                told.bad.append(Bad(line, "not UTF-8"))
                continue
            found = list(_rows(influx.point(match, line, told), options.device_name))
            rows += found
            lines += [line] * len(found)
        line += text.count("\n", passed)
        yield RowBlock(_table(rows, options.time_unit), np.array(lines, np.int64), told.bad)


def _rows(point: influx.Line, device_name: str) -> Iterator[Row]:
    """A row for each value."""
    of = point.measurement, point.tags, point.fields
    if device_name:
        uid, values = device_name, telegraf_names.of_one_device(device_name, *of)
    else:
        uid, values = telegraf_names.of_its_device(*of)
    for metric, value in values.items():
        yield (point.time, uid, metric, *_written(value))


def _written(value: Value) -> tuple[str | None, str | None]:
    """As a number, exactly, or as a text."""
    if isinstance(value, str):
        return None, value
    return (str(value).lower() if isinstance(value, bool) else repr(value)), None


def _table(rows: list[Row], time_unit: str) -> pa.Table:
    """Times are counted in nanoseconds unless it is told otherwise."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(COLUMNS)
    found = dict(zip(COLUMNS, (list(each) for each in columns), strict=True))
    arrays = {name: pa.array(cells, pa.string()) for name, cells in found.items()}
    times = [int(each) if each and abs(int(each)) < MAX_TIME else None for each in found["time"]]
    counted = pa.array(times, pa.int64())
    arrays["time"] = counted if time_unit else counted.cast(pa.timestamp("ns", "UTC"))
    return pa.table(arrays)


def _is_utf8(text: str) -> bool:
    """Whether no byte of it had to be escaped."""
    return text.isascii() or not any("\udc80" <= each <= "\udcff" for each in text)
