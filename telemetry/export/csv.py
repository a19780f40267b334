"""CSV as RFC 4180 has it, in UTF-8, with a header, and safe to open in a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Iterator

from telemetry.export import lines
from telemetry.export.guard import guarded
from telemetry.export.options import Options
from telemetry.history.table import Table

END = "\r\n"

_QUOTED = re.compile('[",\r\n]')


def safe(text: str) -> str:
    """A text for a field: it is read as it is, and nothing in it runs."""
    text = guarded(text)
    if _QUOTED.search(text):
        return '"' + text.replace('"', '""') + '"'
    return text


_cells = lines.writer(safe, time_quote="", null="")


def written(table: Table, options: Options) -> Iterator[bytes | memoryview]:
    """The file in pieces: its header, then one a block."""
    header = ",".join(safe(column.name) for column in table.columns) + END
    yield (("\ufeff" if options.bom else "") + header).encode()
    for block in lines.portions(table):
        pieces: list[lines.Cells] = []
        for column, values in zip(table.columns, block, strict=True):
            pieces += [_cells(column, values, options), ","]
        pieces[-1] = END
        yield lines.text_of(lines.joined(pieces))
