"""CSV, each row with the line it is on."""

from __future__ import annotations

import csv as python_csv
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from telemetry.imports import row_block
from telemetry.imports.errors import NotImported
from telemetry.imports.layout import Options
from telemetry.imports.row_block import MAX_SHOWN, Bad, RowBlock

LINE_BREAK = ord("\n")
# Rows of another number of columns that pyarrow keeps back until there is one that fits. A file of
# such alone would be kept as a whole, and a small gzip unpacks to a thousand times as much.
MAX_LEFT_OUT = 200_000


def blocks(file: BinaryIO, options: Options) -> Iterator[RowBlock]:
    """The rows of the file. Raises `NotImported` and what pyarrow raises."""
    header = _header(file)
    separator = options.separator or _separator(header)
    if len(separator) > 1 or not separator.isascii():
        raise NotImported("What stands between the cells is one character of ASCII.")
    names = next(iter(_cells(header, separator)))
    row_block.bound(len(names))
    bad: list[Any] = []

    def left_out(row: Any) -> str:
        bad.append(row)
        return "skip" if len(bad) <= MAX_LEFT_OUT else "error"

    reading = csv.open_csv(
        file,
        read_options=csv.ReadOptions(
            block_size=row_block.BLOCK_BYTES, use_threads=False, column_names=names
        ),
        parse_options=csv.ParseOptions(
            delimiter=separator, newlines_in_values=True, ignore_empty_lines=False,
            invalid_row_handler=left_out,
        ),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True,
            null_values=[""], quoted_strings_can_be_null=False,
        ),
    )  # fmt: skip
    numbering = _Numbering(1 + header.count(b"\n"))
    for batch in reading:
        table = pa.Table.from_batches([batch])
        yield RowBlock(table, *numbering.of(table, bad))
    if bad:  # after the last that could be read
        empty = pa.table({name: pa.array([], pa.string()) for name in names})
        yield RowBlock(empty, *numbering.of(empty, bad))


def _header(file: BinaryIO) -> bytes:
    """The first line, without a byte order mark."""
    found = bytearray()
    while not found.endswith(b"\n") and len(found) < row_block.BLOCK_BYTES:
        one = file.read(1)
        if not one:
            break
        found += one
    if not found.strip():
        raise NotImported("The file is empty.")
    return bytes(found)


def _cells(header: bytes, separator: str) -> Iterator[list[str]]:
    try:
        line = header.decode("utf-8-sig").rstrip("\r\n")
        yield from python_csv.reader([line], delimiter=separator)
    except UnicodeDecodeError:
        raise NotImported("The first line is not UTF-8.") from None
    except python_csv.Error as exc:
        raise NotImported(f"The first line is no line of CSV: {exc}.") from None


def _separator(header: bytes) -> str:
    """What stands most often between the names."""
    return max(",;\t|", key=lambda each: header.count(each.encode()))


class _Numbering:
    """Which line each row is on. Rows may hold line breaks, and some were left out."""

    def __init__(self, line: int) -> None:
        self._line = line  # of the next row
        self._row = 1  # its number, as pyarrow counts them

    def of(self, table: Any, bad: list[Any]) -> tuple[NDArray[np.int64], list[Bad]]:
        """Of the next rows of a file, and of those left out among them, which are taken from `bad`:
        it may hold later ones."""
        among = 0
        end = self._row + len(table)  # the first row behind them
        while among < len(bad) and (bad[among].number < end or not len(table)):
            among, end = among + 1, end + 1
        is_bad = np.zeros(end - self._row, bool)
        is_bad[[row.number - self._row for row in bad[:among]]] = True
        lengths = np.ones(len(is_bad), np.int64)
        for column in filter(_has_break, table.columns):
            breaks = pc.fill_null(pc.count_substring(column, "\n"), 0)
            lengths[~is_bad] += breaks.to_numpy()
        for at, row in zip(np.flatnonzero(is_bad).tolist(), bad, strict=False):
            lengths[at] += row.text.count("\n")
        starts = self._line + np.concatenate(([0], np.cumsum(lengths)))
        told = [
            Bad(
                int(at),
                f"{row.actual_columns} cells, not {row.expected_columns}: {row.text[:MAX_SHOWN]!a}",
            )
            for at, row in zip(starts[:-1][is_bad], bad, strict=False)
        ]
        del bad[:among]
        self._line, self._row = int(starts[-1]), end
        return starts[:-1][~is_bad], told


def _has_break(column: Any) -> bool:
    """Whether any of its cells may hold a line break: a look at all of their bytes together is
    cheaper than at each cell."""
    buffers = [chunk.buffers()[2] for chunk in column.chunks]
    return any((np.frombuffer(each, np.uint8) == LINE_BREAK).any() for each in buffers if each)
