"""The SQL of the telemetry app: named blocks in the `.sql` files of this folder.

A block starts with `-- name: fetch_x`, then one comment line that says what it answers, then the
statement with `%(name)s` parameters. Tests EXPLAIN each one against the real schema. Where a block
has `-- part: x` stands what several statements have in common, `parts/x.sql`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import LiteralString, cast

FOLDER = Path(__file__).parent
_PART = re.compile(r"^-- part: ([a-z][a-z0-9_]*)$", re.MULTILINE)
_BLOCK = re.compile(
    r"^-- name: (?P<name>[a-z][a-z0-9_]*)\n-- \S[^\n]*\n(?P<sql>.*?)(?=^-- name: |\Z)",
    re.MULTILINE | re.DOTALL,
)


def parse(text: str) -> dict[str, LiteralString]:
    """The statements of one file by name; text outside a block, or a name twice, is a mistake."""
    found: dict[str, LiteralString] = {}
    end = 0
    for block in _BLOCK.finditer(text):
        if text[end : block.start()].strip():
            raise ValueError(f"text outside a named block before {block['name']!r}")
        if block["name"] in found:
            raise ValueError(f"two blocks are named {block['name']!r}")
        # Literal in the sense that matters: it comes from a file of this package, never from input.
        found[block["name"]] = cast("LiteralString", block["sql"].strip().removesuffix(";"))
        end = block.end()
    if text[end:].strip():
        raise ValueError("text outside a named block at the end")
    return found


def load(name: str) -> dict[str, LiteralString]:
    """The statements of `<name>.sql` in this folder."""
    text = (FOLDER / f"{name}.sql").read_text()
    return parse(_PART.sub(lambda part: _part(part[1]), text))


def _part(name: str) -> str:
    return (FOLDER / "parts" / f"{name}.sql").read_text().strip()
