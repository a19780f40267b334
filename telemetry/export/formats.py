"""The formats there are."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import NamedTuple

from rest_framework.request import Request

from telemetry.export.compression import Piece
from telemetry.export.options import Options
from telemetry.history.table import Table


class Format(NamedTuple):
    module: str  # of `telemetry.export`, with `written(table, options)`
    media_types: tuple[str, ...]  # the first is the one we send
    ending: str  # of a file's name
    encodings: tuple[str, ...]  # how it may be compressed on its way, best first


FORMATS = {
    "json": Format("json_table", ("application/json",), "json", ("zstd", "gzip")),
    "csv": Format("csv", ("text/csv",), "csv", ("zstd", "gzip")),
    "ndjson": Format(
        "ndjson",
        ("application/x-ndjson", "application/ndjson", "application/jsonl"),
        "ndjson",
        ("zstd", "gzip"),
    ),
    # gzip would take longer than everything before it.
    "arrow": Format("arrow", ("application/vnd.apache.arrow.stream",), "arrow", ("zstd",)),
    # Its columns are compressed already.
    "parquet": Format("parquet", ("application/vnd.apache.parquet",), "parquet", ()),
}


def wanted(request: Request) -> str:
    """The format a request of a `TableView` asks for, by `format` or `Accept`."""
    return request.accepted_renderer.format


def render(table: Table, name: str, options: Options) -> Iterator[Piece]:
    """The table as a file in this format, in pieces; it is read as they are asked for."""
    import pyarrow as pa  # noqa: PLC0415  (loaded when it is first needed)

    # Its own pool keeps what was freed for itself: some 20 MiB more, and slower.
    pa.set_memory_pool(pa.system_memory_pool())
    module = import_module(f"telemetry.export.{FORMATS[name].module}")
    written: Iterator[Piece] = module.written(table, options)
    return written
