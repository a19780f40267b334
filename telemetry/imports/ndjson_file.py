"""NDJSON: an object a line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO

import msgspec
import numpy as np
import pyarrow as pa

from telemetry.imports.layout import Options
from telemetry.imports.row_block import Bad, RowBlock, bound, line_chunks


def blocks(file: BinaryIO, _options: Options) -> Iterator[RowBlock]:
    """The objects of the file. Raises `NotImported` for what has no bound."""
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
            bound(len(names))
        columns = {name: _of_json([row.get(name) for row in rows]) for name in names}
        yield RowBlock(pa.table(columns), np.array(lines, np.int64), bad)


def _of_json(values: list[Any]) -> Any:
    """A column; of different types as texts."""
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
