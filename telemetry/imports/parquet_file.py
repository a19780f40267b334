"""Parquet, of which a file of a kilobyte may become gigabytes.

It holds a text once that stands in every row, and packs what is long. So how much a column is to
become is asked before it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from telemetry.imports.errors import NotImported
from telemetry.imports.parquet_pages import largest_pages

MAX_TEXT_BYTES = 64 * 1024 * 1024  # of one column in the rows of a block
MAX_CHUNK_BYTES = 256 * 1024 * 1024  # of one column in a row group, unpacked
MAX_PAGE_BYTES = 512 * 1024 * 1024  # of the pages that are unpacked at once, one of each column


def tables(path: Path, rows: int, bound: Callable[[int], None]) -> Iterator[pa.Table]:
    """What is in the file, at most so many rows at a time; `bound` is asked about the number of
    columns. Raises `NotImported` for what is too large, and what pyarrow raises."""
    with parquet.ParquetFile(path) as file:
        bound(len(file.schema_arrow.names))
        _refuse_nested(file.schema_arrow)
        _bound_chunks(file.metadata)
        _bound_pages(path, file.metadata)
        texts = {each.name: each.type for each in file.schema_arrow if _is_text(each.type)}
    with parquet.ParquetFile(path, read_dictionary=list(texts)) as file:
        for batch in file.iter_batches(rows):
            table = pa.Table.from_batches([batch])
            for place, name in enumerate(table.column_names):
                _bound_texts(name, table[place])
                if kind := texts.get(name):
                    table = table.set_column(place, name, table[place].cast(kind))
            yield table


def _is_text(kind: Any) -> bool:
    return any(
        (
            pa.types.is_string(kind), pa.types.is_large_string(kind), pa.types.is_string_view(kind),
            pa.types.is_binary(kind), pa.types.is_large_binary(kind), pa.types.is_binary_view(kind),
        )
    )  # fmt: skip


def _refuse_nested(schema: Any) -> None:
    """No reading is a list or a struct. A text in one is put into each row before anybody could
    look how much that is: 400 bytes became 6 GB."""
    for each in schema:
        if pa.types.is_nested(each.type):
            raise NotImported(
                f"The column {each.name!a} has lists or structs: write the file without it."
            )


def _bound_pages(path: Path, metadata: Any) -> None:
    with path.open("rb") as file:
        for together in largest_pages(file, metadata):
            if together > MAX_PAGE_BYTES:
                raise NotImported(
                    f"Its pages are {together} bytes of all columns at once, over {MAX_PAGE_BYTES}:"
                    " write it with smaller pages."
                )


def _bound_chunks(metadata: Any) -> None:
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for each in map(group.column, range(group.num_columns)):
            if each.total_uncompressed_size > MAX_CHUNK_BYTES:
                raise NotImported(
                    f"The column {each.path_in_schema!a} is too large in a row group."
                )


def _bound_texts(name: str, column: Any) -> None:
    """Before each row has its own."""
    for each in column.chunks:
        if pa.types.is_dictionary(each.type) and _is_text(each.type.value_type):
            lengths = pc.binary_length(each.dictionary).take(each.indices)
            if (pc.sum(lengths.cast(pa.int64())).as_py() or 0) > MAX_TEXT_BYTES:
                raise NotImported(f"The texts of the column {name!a} are too long.")
