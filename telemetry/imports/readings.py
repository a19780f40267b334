"""A block of a file as readings: columns of numbers, and the texts among them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from devices.invisible import unseen
from telemetry.export.guard import bare
from telemetry.imports import values as values_of
from telemetry.imports.errors import NotImported
from telemetry.imports.layout import Layout, Measured, Options
from telemetry.imports.report import MAX_KEYS, Report
from telemetry.imports.times import Instants
from telemetry.models import MAX_METRIC_LENGTH


class Key(NamedTuple):
    device: str
    metric: str


class Text(NamedTuple):
    place: int  # among the keys
    time_us: int
    text: str
    line: int


class Readings(NamedTuple):
    """Of one block, in the order of the file."""

    keys: list[Key]
    units: dict[Key, str]
    booleans: set[Key]
    places: NDArray[np.int32]  # of each number, among the keys
    times_us: NDArray[np.int64]
    values: NDArray[np.float64]
    lines: NDArray[np.int64]
    texts: list[Text]


class _Run(NamedTuple):
    """Numbers of one column."""

    places: NDArray[np.int32]
    times_us: NDArray[np.int64]
    values: NDArray[np.float64]
    lines: NDArray[np.int64]


class Block:
    """The rows of one block that have a time."""

    def __init__(
        self, layout: Layout, options: Options, table: Any, instants: Instants,
        lines: NDArray[np.int64], report: Report,
    ) -> None:  # fmt: skip
        self._layout, self._options, self._table = layout, options, table
        self._times, self._later, self._lines = instants.times_us, instants.later_us, lines
        self._report = report
        self._keys: dict[Key, int] = {}
        self._units: dict[Key, str] = {}
        self._booleans: set[Key] = set()
        self._numbers: list[_Run] = []
        self._texts: list[Text] = []

    def long(self) -> Readings:
        (measured,) = self._layout.measured
        places = self._places(measured)
        found = values_of.read(self._column(measured.column), with_texts=self._options.texts)
        texts = dict(found.texts)
        if self._layout.text:
            beside = self._column(self._layout.text).to_pylist()
            texts |= {
                row: bare(str(text)) for row, text in enumerate(beside)
                if text is not None and not found.has_number[row] and row not in found.wrong
            }  # fmt: skip
        self._add(places, found._replace(texts=texts))
        return self._done()

    def wide(self, texts: set[str]) -> Readings:
        for measured in self._layout.measured:
            if measured.column not in self._table.column_names:
                continue  # of NDJSON, where no row of the block has it
            found = values_of.read(
                self._column(measured.column), with_texts=measured.column in texts
            )
            self._add(self._places(measured), found)
        return self._done()

    def _column(self, name: str) -> Any:
        """Of NDJSON, where no row of the block has it, a column of nothing."""
        if name in self._table.column_names:
            return self._table[name]
        import pyarrow as pa  # noqa: PLC0415

        return pa.chunked_array([pa.nulls(len(self._times))])

    def _places(self, measured: Measured) -> NDArray[np.int32]:
        """Of each row which key it is of; -1: it says none, which is reported."""
        layout, rows = self._layout, len(self._times)
        devices, device_of = self._words(layout.device, measured.device, rows)
        metrics, metric_of = self._words(layout.metric, measured.metric, rows)
        if layout.device or layout.metric:
            for row in np.flatnonzero((device_of < 0) | (metric_of < 0)).tolist():
                self._report.reject(int(self._lines[row]), "no device, or no metric")
        of_both = np.where(
            (device_of < 0) | (metric_of < 0),
            -1,
            device_of.astype(np.int64) * len(metrics) + metric_of,
        )
        codes, first, inverse = np.unique(of_both, return_index=True, return_inverse=True)
        units = self._column(layout.unit).take(first).to_pylist() if layout.unit else []
        found = np.full(len(codes), -1, np.int32)
        for at, code in enumerate(codes.tolist()):
            if code < 0:
                continue
            key = Key(devices[code // len(metrics)], metrics[code % len(metrics)])
            if wrong := _wrong_metric(key.metric):
                for row in np.flatnonzero(inverse == at).tolist():
                    self._report.reject(int(self._lines[row]), wrong)
                continue
            found[at] = self._keys.setdefault(key, len(self._keys))
            if unit := self._options.unit or (units[at] if units else ""):
                self._units[key] = str(unit)
        return found[inverse]

    def _words(self, column: str, told: str, rows: int) -> tuple[list[str], NDArray[np.int64]]:
        if not column:
            return [told], np.zeros(rows, np.int64)
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.compute as pc  # noqa: PLC0415

        given = self._column(column)
        if pa.types.is_dictionary(given.type):
            given = given.cast(given.type.value_type)
        encoded = pc.dictionary_encode(given.cast(pa.string())).combine_chunks()
        words = [bare(word.strip()) for word in encoded.dictionary.to_pylist()]
        codes = encoded.indices.fill_null(-1).to_numpy().astype(np.int64)
        empty = [at for at, word in enumerate(words) if not word]
        return words or [""], np.where(np.isin(codes, empty), -1, codes)

    def _add(self, places: NDArray[np.int32], found: values_of.Values) -> None:
        for row, why in found.wrong.items():
            if places[row] >= 0:
                self._report.reject(int(self._lines[row]), why)
        has = found.has_number & (places >= 0)
        if has.any():
            numbers = _Run(places[has], self._times[has], found.numbers[has], self._lines[has])
            ambiguous = np.flatnonzero(self._later[has] != numbers.times_us)
            if len(ambiguous):
                self._tell_apart(numbers, self._later[has], ambiguous)
            self._numbers.append(numbers)
            self._note_booleans(numbers.places, found.is_yes_or_no[has])
        self._texts += [
            Text(int(places[row]), int(self._times[row]), text, int(self._lines[row]))
            for row, text in found.texts.items() if places[row] >= 0
        ]  # fmt: skip

    def _note_booleans(self, places: NDArray[np.int32], is_yes_or_no: NDArray[np.bool_]) -> None:
        """Which keys have nothing but yes and no."""
        if is_yes_or_no.any():
            found = np.setdiff1d(places[is_yes_or_no], places[~is_yes_or_no])
            keys = list(self._keys)
            self._booleans |= {keys[place] for place in found.tolist()}

    def _tell_apart(self, run: _Run, later_us: NDArray[np.int64], rows: NDArray[np.intp]) -> None:
        """Of an hour that comes twice: the second reading of a series with the same local time is
        of the second."""
        seen: set[tuple[int, int]] = set()
        for row in rows.tolist():
            place = (int(run.places[row]), int(run.times_us[row]))
            if place in seen:
                run.times_us[row] = later_us[row]
            seen.add(place)
        self._report.ambiguous += len(seen)

    def _done(self) -> Readings:
        report, texts = self._report, self._texts
        report.series.update(self._keys)
        if len(report.series) > MAX_KEYS:
            raise NotImported(
                f"The file is of over {MAX_KEYS} series: is the column of the metric the right one?"
            )
        numbers = [np.concatenate(each) for each in zip(*self._numbers, strict=True)] or [
            np.zeros(0, kind) for kind in (np.int32, np.int64, np.float64, np.int64)
        ]
        if len(numbers[1]):
            report.span(int(numbers[1].min()), int(numbers[1].max()))
        for text in texts:
            report.span(text.time_us, text.time_us)
        report.readings += len(numbers[1]) + len(texts)
        report.texts += len(texts)
        places, times_us, values, lines = numbers
        return Readings(
            list(self._keys), self._units, self._booleans, places, times_us, values, lines, texts
        )


def _wrong_metric(metric: str) -> str:
    if len(metric) > MAX_METRIC_LENGTH or "\0" in metric:
        return (
            f"its metric {metric[:40]!a} is over {MAX_METRIC_LENGTH} characters, or has NUL in it"
        )
    if any(unseen(metric)):
        return f"its metric {metric[:40]!a} has a character that nobody can see"
    return ""
