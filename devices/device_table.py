"""Devices as a table of text: what a spreadsheet exports, read cell by cell."""

from __future__ import annotations

import csv
import io
import re
from typing import Any, NamedTuple

COLUMNS = (
    "uid", "name", "site", "kind", "tags", "expected_interval", "location", "latitude",
    "longitude", "enabled", "notes",
)  # fmt: skip
NUMBERS = frozenset({"expected_interval", "latitude", "longitude"})
WORDS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
MAX_ROWS = 1_000  # devices of one table
SEPARATORS = ",;\t"


class BadTable(ValueError):
    """It cannot be read as a table of devices; says where."""


class Line(NamedTuple):
    """One device of the table; a cell that is empty is not in `cells`."""

    number: int  # of its last line in the text, from 1, as an editor counts
    uid: str
    cells: dict[str, Any]
    wrong: str = ""


def read_table(text: str) -> list[Line]:
    """Raises `BadTable` where it is no such table."""
    text = text.removeprefix("\ufeff")
    head = text.lstrip().partition("\n")[0]
    separator = max(SEPARATORS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    lines: list[Line] = []
    columns: list[str] = []
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if not columns:
                columns = _columns(cells)
            elif len(lines) == MAX_ROWS:
                raise BadTable(f"At most {MAX_ROWS} devices at once; write several files.")
            else:
                lines.append(_line(reader.line_num, columns, cells, decimal=separator != ","))
    except csv.Error as exc:
        raise BadTable(f"Line {reader.line_num}: {exc}.") from exc
    if not lines:
        raise BadTable("There is no device in it. The first line names the columns.")
    return lines


def _columns(cells: list[str]) -> list[str]:
    columns = [cell.lower().replace(" ", "_") for cell in cells]
    for column in columns:
        if column not in COLUMNS:
            known = ", ".join(COLUMNS)
            raise BadTable(f"There is no column {column[:40]!r}. There are: {known}.")
        if columns.count(column) > 1:
            raise BadTable(f"The column {column!r} is there twice.")
    if "uid" not in columns:
        raise BadTable("A column `uid` says which device a line is of.")
    return columns


def _line(number: int, columns: list[str], cells: list[str], *, decimal: bool) -> Line:
    if len(cells) > len(columns):
        return Line(number, cells[0], {}, "It has more cells than there are columns.")
    given = {name: cell for name, cell in zip(columns, cells, strict=False) if cell}
    uid = str(given.pop("uid", ""))
    read: dict[str, Any] = dict(given)
    if "tags" in given:
        read["tags"] = [tag for tag in re.split("[,;]", given["tags"]) if tag.strip()]
    for name in NUMBERS & given.keys():
        # Where the comma separates no cells it is what German spreadsheets write.
        read[name] = given[name].replace(",", ".") if decimal else given[name]
    if "enabled" in given:
        read["enabled"] = WORDS.get(given["enabled"].lower(), given["enabled"])
    return Line(number, uid, read, "" if uid else "It names no uid.")
