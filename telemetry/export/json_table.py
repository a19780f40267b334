"""A table as one JSON object: `columns`, then `rows` as lists, then what is said of the answer.

What is said comes last: where the next page begins, and what was read, is not known before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from telemetry.export import lines
from telemetry.export.ndjson import cells, quoted
from telemetry.export.options import Options
from telemetry.history.table import Table


def written(table: Table, options: Options) -> Iterator[bytes | memoryview]:
    """Times are Unix milliseconds, as everywhere in the API, unless ISO was asked for."""
    options = replace(options, time=options.time or "ms")
    columns = [
        {"name": each.name, "kind": each.kind, "unit": each.unit, **each.about}
        for each in table.columns
    ]
    yield b'{"columns":' + _json(columns) + b',"rows":['
    is_first = True
    for block in lines.portions(table):
        pieces: list[lines.Cells] = []
        for column, values in zip(table.columns, block, strict=True):
            pieces += [",", cells(column, values, options)]
        pieces[0] = ",["
        text = lines.text_of(lines.joined([*pieces, "]"]))
        yield text[1:] if is_first else text
        is_first = False
    about = "".join(f",{quoted(name)}:{_json(each).decode()}" for name, each in table.about.items())
    yield f"]{about}}}".encode()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
