"""Reads the blocks of one file: finds its columns, and the time of each row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from devices.clock import now_us
from telemetry.imports import layout as layouts
from telemetry.imports import values as values_of
from telemetry.imports.layout import Layout, Options
from telemetry.imports.readings import Block, Readings
from telemetry.imports.report import Report
from telemetry.imports.row_block import RowBlock
from telemetry.imports.times import EARLIEST_US, LATEST_AHEAD_US, NONE_US, Clock, Instants

if TYPE_CHECKING:
    import pyarrow as pa


class Reader:
    """Reads the blocks of one file one after another."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._clock = Clock(options.tz, options.time_unit)
        self._layout: Layout | None = None
        self._texts: set[str] = set()  # columns that hold texts

    def read(self, block: RowBlock, report: Report) -> Readings:
        """What of it can be stored; the rest is reported. Raises `NotImported`."""
        layout = self._layout or self._find(block.table, report)
        for bad in block.bad:
            report.reject(bad.line, bad.why)
        report.rows += len(block.lines) + len(block.bad)
        table, instants, lines = self._timed(block, layout, report)
        one = Block(layout, self._options, table, instants, lines, report)
        return one.long() if layout.is_long else one.wide(self._texts)

    def _find(self, table: pa.Table, report: Report) -> Layout:
        report.columns = table.column_names
        layout = self._layout = layouts.find(table.column_names, self._options)
        report.layout = {"time": layout.time, "device": layout.device, "metric": layout.metric}
        report.layout["value"] = layout.measured[0].column if layout.is_long else ""
        if not layout.is_long:
            self._texts = {
                each.column for each in layout.measured
                if self._options.texts or values_of.are_texts(table[each.column])
            }  # fmt: skip
        return layout

    def _timed(
        self, block: RowBlock, layout: Layout, report: Report
    ) -> tuple[pa.Table, Instants, NDArray[np.int64]]:
        """The rows that have a time which can be true."""
        if layout.time not in block.table.column_names:  # of NDJSON, where no row of it has one
            for line in block.lines.tolist():
                report.reject(line, f"no {layout.time}")
            none = np.zeros(0, np.int64)
            return block.table.slice(0, 0), Instants(none, none), none
        column = block.table[layout.time]
        first, later = self._clock.read(column)
        good = (first >= EARLIEST_US) & (first <= now_us() + LATEST_AHEAD_US)
        if good.all():
            return block.table, Instants(first, later), block.lines
        blank = np.ones(len(first), bool)
        for each in block.table.columns:
            blank &= each.is_null().to_numpy()
        for row in np.flatnonzero(~good & ~blank).tolist():
            what = "cannot be read" if first[row] == NONE_US else "is before 1900 or in the future"
            given = str(column[row].as_py())[:40]
            report.reject(int(block.lines[row]), f"its time {given!a} {what}")
        report.rows -= int(blank.sum())
        rows = np.flatnonzero(good)
        return block.table.take(rows), Instants(first[good], later[good]), block.lines[good]
