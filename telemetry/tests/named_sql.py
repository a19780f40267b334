"""What tests ask of the named SQL of an app."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, LiteralString

from django.db import connection


def assert_accepted(statement: LiteralString, samples: Mapping[str, Any]) -> None:
    """Postgres explains it."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}", samples)
        assert cursor.fetchall()


def unused(folder: Path, named: list[tuple[str, str]]) -> list[str]:
    """Names that no code of the package above the folder says."""
    files = folder.parent.rglob("*.py")
    code = "".join(path.read_text() for path in files if "tests" not in path.parts)
    return [name for _, name in named if f'"{name}"' not in code]
