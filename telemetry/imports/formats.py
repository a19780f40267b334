"""Which formats a file of readings may have, and who reads those that are not read here."""

from __future__ import annotations

OURS = ("csv", "parquet", "ndjson")
ENDINGS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".pq": "parquet",
    ".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "ndjson",
}  # fmt: skip

_readers: dict[str, str] = {}  # the module that reads a format


def register(name: str, module: str, endings: tuple[str, ...]) -> None:
    """A format of files with these endings. The module is imported once such a file comes; its
    `blocks(file, options)` gives what `telemetry.imports.sources` calls a `RowBlock`."""
    _readers[name] = module
    ENDINGS.update(dict.fromkeys(endings, name))


def module_of(name: str) -> str:
    """Of a format that is not read here."""
    return _readers[name]


def names() -> tuple[str, ...]:
    """All there are."""
    return (*OURS, *_readers)
