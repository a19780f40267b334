"""A file of readings as blocks of rows, whatever its format."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import BinaryIO

import numpy as np

from telemetry.imports import formats
from telemetry.imports.errors import NotImported
from telemetry.imports.layout import Options
from telemetry.imports.row_block import BLOCK_ROWS, RowBlock, bound


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
            yield from import_module(formats.module_of(kind)).blocks(file, options)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, zlib.error, EOFError, OSError) as exc:
        if isinstance(exc, OSError) and exc.errno is not None:
            raise
        raise NotImported(f"{name} is no {kind} that can be read: {exc}") from exc


def _parquet(path: Path) -> Iterator[RowBlock]:
    from telemetry.imports import parquet_file  # noqa: PLC0415

    read = 0
    for table in parquet_file.tables(path, BLOCK_ROWS, bound):
        lines = np.arange(read + 1, read + len(table) + 1)
        read += len(table)
        yield RowBlock(table, lines, [])
