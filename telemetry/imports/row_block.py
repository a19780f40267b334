"""Rows of a file, block by block: flat memory for any size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from telemetry.imports.errors import NotImported

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_BYTES = 4 * 1024 * 1024  # of CSV and NDJSON read at a time; a row must be shorter
BLOCK_ROWS = 100_000  # of Parquet
MAX_COLUMNS = 2_000  # each has a place for every row of a block
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


def bound(columns: int) -> None:
    """Raises `NotImported` where a table is to have too many columns."""
    if columns > MAX_COLUMNS:
        raise NotImported(f"It has more than {MAX_COLUMNS} columns.")


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
