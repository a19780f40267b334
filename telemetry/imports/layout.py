"""What the columns of a table mean: told, or found by their names. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from devices.models import UID_PATTERN
from telemetry.imports.errors import NotImported

MAX_COLUMNS = 5_000  # of a table
TIMES = ("time", "timestamp", "_time", "ts", "datetime", "date", "date_time", "time_hour")
DEVICES = ("device", "device_id", "uid", "sensor", "sensor_id", "station")
METRICS = ("metric", "_field", "field", "variable", "parameter")
VALUES = ("value", "_value")
TEXTS = ("text",)
UNITS = ("unit", "units")
BESIDE = ("site",)  # columns of our exports that are no measurement
TIME_UNITS_US = {"s": 1_000_000.0, "ms": 1_000.0, "us": 1.0, "ns": 0.001}
_NAMED = re.compile(rf"({UID_PATTERN})\.(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Options:
    """What is told of a file; "" and empty: it is to be found."""

    format: str = ""  # csv, parquet, ndjson, influx
    time: str = ""  # names of columns
    device: str = ""
    metric: str = ""
    value: str = ""
    columns: dict[str, str] = field(default_factory=dict)  # metric by column
    device_name: str = ""  # whose all of it is
    tz: str = ""  # of times that name no zone; "": UTC
    unit: str = ""  # of every series of it
    time_unit: str = ""  # of times that are counts since 1970
    separator: str = ""  # of CSV
    texts: bool = False  # what is no number is a text
    register: bool = False  # devices that are missing
    site: str = ""  # where these stand; its slug
    keep_what_fits: bool = False  # leave out what retention would remove

    def told(self) -> dict[str, Any]:
        """What makes the same file another import."""
        return {
            name: getattr(self, name)
            for name in (
                "format", "time", "device", "metric", "value", "columns", "device_name", "tz",
                "time_unit", "separator", "texts", "keep_what_fits",
            )
        }  # fmt: skip


class Measured(NamedTuple):
    """A column of measurements. "": the row says it."""

    column: str
    device: str
    metric: str


class Layout(NamedTuple):
    """Where a row says what; "": nowhere."""

    time: str
    device: str
    metric: str
    unit: str
    text: str  # beside `value`, of a long table
    measured: tuple[Measured, ...]

    @property
    def is_long(self) -> bool:
        return bool(self.metric)


def find(names: Sequence[str], options: Options) -> Layout:
    """The layout of a table with these columns. Raises `NotImported`."""
    if len(names) > MAX_COLUMNS:
        raise NotImported(f"The table has {len(names)} columns, over {MAX_COLUMNS}.")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise NotImported(f"Two columns are named {twice!r}.")
    time = _column(names, options.time, TIMES, "--time")
    if not time:
        raise NotImported(f"Which column is the time? --time names it, of: {_listed(names)}.")
    device = "" if options.device_name else _column(names, options.device, DEVICES, "--device")
    metric = "" if options.columns else _column(names, options.metric, METRICS, "--metric")
    value = _column(names, options.value, VALUES, "--value") if metric else ""
    unit = _column(names, "", UNITS, "")
    if metric and value:
        if not device and not options.device_name:
            raise NotImported(_whose(names))
        text = _column(names, "", TEXTS, "")
        measured = Measured(value, options.device_name, "")
        return Layout(time, device, metric, unit, text, (measured,))
    if options.metric or options.value:
        raise NotImported("A long table has --metric and --value both.")
    return Layout(time, device, "", "", "", _wide(names, time, device, options))


def _wide(names: Sequence[str], time: str, device: str, options: Options) -> tuple[Measured, ...]:
    for column in options.columns:
        if column not in names:
            raise NotImported(f"There is no column {column!r}. There are: {_listed(names)}.")
    # Of named columns these alone.
    chosen = options.columns or {
        name: name for name in names
        if name not in (time, device) and name.lower() not in (*BESIDE, *UNITS)
    }  # fmt: skip
    if not chosen:
        raise NotImported("No column is left that could be a measurement.")
    if device or options.device_name:
        return tuple(
            Measured(column, options.device_name, metric) for column, metric in chosen.items()
        )
    found = []
    for column, told in chosen.items():
        named = _NAMED.fullmatch(told)
        if named is None:
            raise NotImported(_whose(names))
        found.append(Measured(column, *named.groups()))
    return tuple(found)


def _column(names: Sequence[str], told: str, usual: Sequence[str], option: str) -> str:
    if told:
        if told not in names:
            raise NotImported(
                f"There is no column {told!r} ({option}). There are: {_listed(names)}."
            )
        return told
    lowered = {name.lower(): name for name in reversed(names)}
    return next((lowered[name] for name in usual if name in lowered), "")


def _whose(names: Sequence[str]) -> str:
    return (
        "Which device is it? --device-name names one for all, --device the column that says it, or"
        f" the columns are named device.metric. There are: {_listed(names)}."
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return ", ".join(names[:20]) + more
