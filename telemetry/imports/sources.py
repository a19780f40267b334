"""Files in blocks of columns, each row with the line it is on. Flat memory for any size."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from telemetry.imports import formats
from telemetry.imports.errors import NotImported
from telemetry.imports.layout import Options

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_BYTES = 4 * 1024 * 1024  # of CSV and NDJSON read at a time; a row must be shorter
BLOCK_ROWS = 100_000  # of Parquet
MAX_COLUMNS = 2_000  # each has a place for every row of a block
LINE_BREAK = ord("\n")
MAX_SHOWN = 80  # characters of a bad row that are told


class Bad(NamedTuple):
    """A row that could not be read at all."""

    line: int
    why: str


class RowBlock(NamedTuple):
    """Rows in the order of the file."""

    table: pa.Table
    lines: NDArray[np.int64]  # of each row, from 1; of Parquet its number
    bad: list[Bad]  # beside them


def format_of(name: str, options: Options) -> str:
    """The format of a file of this name. Raises `NotImported`."""
    suffixes = [each.lower() for each in Path(name).suffixes]
    last = (
        suffixes[-2] if suffixes[-1:] == [".gz"] and len(suffixes) > 1 else "".join(suffixes[-1:])
    )
    found = options.format or formats.ENDINGS.get(last, "")
    if found not in formats.names():
        raise NotImported(
            f"Which format is {name}? --format is one of {', '.join(formats.names())}."
        )
    return found


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file, unpacked where it is gzip."""
    import pyarrow as pa  # noqa: PLC0415  (it takes half a second, and only imports need it)

    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        yield pa.CompressedInputStream(file, "gzip") if packed else file


def blocks(path: Path, name: str, options: Options) -> Iterator[RowBlock]:
    """What is in the file. Raises `NotImported` for what is no such file."""
    import pyarrow as pa  # noqa: PLC0415

    kind = format_of(name, options)
    try:
        if kind == "parquet":
            yield from _parquet(path)
            return
        with opened(path) as file:
            if kind in formats.OURS:
                yield from {"csv": _csv, "ndjson": _ndjson}[kind](file, options)
            else:
                yield from import_module(formats.module_of(kind)).blocks(file, options)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, zlib.error, EOFError, OSError) as exc:
        if isinstance(exc, OSError) and exc.errno is not None:
            raise
        raise NotImported(f"{name} is no {kind} that can be read: {exc}") from exc


def _parquet(path: Path) -> Iterator[RowBlock]:
    from telemetry.imports import parquet_file  # noqa: PLC0415

    read = 0
    for table in parquet_file.tables(path, BLOCK_ROWS, _bound):
        lines = np.arange(read + 1, read + len(table) + 1)
        read += len(table)
        yield RowBlock(table, lines, [])


def _csv(file: BinaryIO, options: Options) -> Iterator[RowBlock]:
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import csv  # noqa: PLC0415

    header = _header(file)
    separator = options.separator or _separator(header)
    if len(separator) > 1 or not separator.isascii():
        raise NotImported("What stands between the cells is one character of ASCII.")
    names = next(iter(_cells(header, separator)))
    _bound(len(names))
    bad: list[Any] = []

    def left_out(row: Any) -> str:
        bad.append(row)
        return "skip"

    reading = csv.open_csv(
        file,
        read_options=csv.ReadOptions(
            block_size=BLOCK_BYTES, use_threads=False, column_names=names
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


def _bound(columns: int) -> None:
    if columns > MAX_COLUMNS:
        raise NotImported(f"It has more than {MAX_COLUMNS} columns.")


def _header(file: BinaryIO) -> bytes:
    """The first line, without a byte order mark."""
    found = bytearray()
    while not found.endswith(b"\n") and len(found) < BLOCK_BYTES:
        one = file.read(1)
        if not one:
            break
        found += one
    if not found.strip():
        raise NotImported("The file is empty.")
    return bytes(found)


def _cells(header: bytes, separator: str) -> Iterator[list[str]]:
    import csv  # noqa: PLC0415

    try:
        yield from csv.reader([header.decode("utf-8-sig").rstrip("\r\n")], delimiter=separator)
    except UnicodeDecodeError:
        raise NotImported("The first line is not UTF-8.") from None


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
        import pyarrow.compute as pc  # noqa: PLC0415

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


def _ndjson(file: BinaryIO, _options: Options) -> Iterator[RowBlock]:
    import pyarrow as pa  # noqa: PLC0415

    line = 1
    for chunk in line_chunks(file):
        rows, lines, bad = [], [], []
        for number, text in enumerate(chunk.split(b"\n"), line):
            if not text.strip():
                continue
            try:
                row = msgspec.json.decode(text)
            except (msgspec.DecodeError, RecursionError) as exc:
                bad.append(Bad(number, f"no JSON: {exc}"))
                continue
            if type(row) is dict:
                rows.append(row)
                lines.append(number)
            else:
                bad.append(Bad(number, "no object"))
        line += chunk.count(b"\n")
        names: dict[str, None] = {}
        for row in rows:
            names |= dict.fromkeys(row)
            _bound(len(names))
        columns = {name: _of_json([row.get(name) for row in rows]) for name in names}
        yield RowBlock(pa.table(columns), np.array(lines, np.int64), bad)


def _of_json(values: list[Any]) -> Any:
    """A column; of different types as texts."""
    import pyarrow as pa  # noqa: PLC0415

    kinds = {type(value) for value in values} - {type(None)}
    if kinds <= {int, float} and kinds:
        with suppress(OverflowError):  # as a text it is told, row by row, as what cannot be read
            return pa.array(values, pa.float64() if float in kinds else None)
    if kinds <= {bool} or kinds <= {str}:
        return pa.array(values)
    return pa.array([
        value if type(value) is str or value is None else msgspec.json.encode(value).decode()
        for value in values
    ], pa.string())  # fmt: skip


def line_chunks(file: BinaryIO) -> Iterator[bytes]:
    """The file in pieces that end between lines. Raises `NotImported` for a line without end."""
    left = b""
    while more := file.read(BLOCK_BYTES):
        whole, found, left = (left + more).rpartition(b"\n")
        if found:
            yield whole + found
        elif len(left) > BLOCK_BYTES:
            raise NotImported(f"A line is longer than {BLOCK_BYTES} bytes.")
    if left:
        yield left
