"""The SQL of the log: named blocks in `.sql` files, as those of telemetry."""

from __future__ import annotations

from pathlib import Path
from typing import LiteralString

from telemetry.sql import parse

FOLDER = Path(__file__).parent


def load(name: str) -> dict[str, LiteralString]:
    """The statements of `<name>.sql` in this folder."""
    return parse((FOLDER / f"{name}.sql").read_text())
