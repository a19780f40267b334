"""NDJSON: one JSON object a row, in UTF-8."""

from __future__ import annotations

import json
from collections.abc import Iterator

from telemetry.export import lines
from telemetry.export.options import Options
from telemetry.history.table import Table


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


cells = lines.writer(quoted, time_quote='"', null="null")


def written(table: Table, options: Options) -> Iterator[bytes | memoryview]:
    keys = [quoted(column.name) + ":" for column in table.columns]
    for block in lines.portions(table):
        pieces: list[lines.Cells] = []
        for key, column, values in zip(keys, table.columns, block, strict=True):
            pieces += ["," + key, cells(column, values, options)]
        pieces[0] = "{" + keys[0]
        yield lines.text_of(lines.joined([*pieces, "}\n"]))
