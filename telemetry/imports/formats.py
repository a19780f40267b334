"""Which formats a file of readings may have, and who reads them."""

from __future__ import annotations

ENDINGS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".pq": "parquet",
    ".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "ndjson",
}  # fmt: skip

_readers = {  # the module that reads a format
    "csv": "telemetry.imports.csv_file",
    "parquet": "telemetry.imports.parquet_file",
    "ndjson": "telemetry.imports.ndjson_file",
}


def register(name: str, module: str, endings: tuple[str, ...]) -> None:
    """A format of files with these endings. The module is imported once such a file comes; its
    `blocks(file, options)` gives what `telemetry.imports.row_block` calls a `RowBlock`."""
    _readers[name] = module
    ENDINGS.update(dict.fromkeys(endings, name))


def module_of(name: str) -> str:
    """Whose `blocks` reads files of this format; of Parquet, which wants the path, `tables`."""
    return _readers[name]


def names() -> tuple[str, ...]:
    """All there are."""
    return tuple(_readers)
