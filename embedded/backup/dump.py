"""Everything stored into one file, while ingest goes on."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from django.db import connection

from embedded.backup import programs
from embedded.errors import EmbeddedError

TABLE = "dumping contents of table"  # how pg_dump begins to speak of each
TABLES = """
SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind = 'r' AND nspname !~ '^(pg_|information_schema)'
"""


def backup(path: Path, tell: Callable[[str], None]) -> int:
    """Write `path`, whole or not at all, readable by its owner alone; its size in bytes.

    `tell` gets the progress. Raises `EmbeddedError`, and `FileExistsError` rather than replace one.
    """
    if path.exists():
        raise FileExistsError(f"{path} exists; a backup never replaces a file")
    half = path.with_name(f"{path.name}.part")
    words, environment = programs.target(str(connection.settings_dict["NAME"]))
    program = programs.program("pg_dump")
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        tables = int(cursor.fetchone()[0])
    connection.close()
    done = 0

    def hear(line: str) -> None:
        nonlocal done
        if TABLE in line:
            done += 1
            tell(f"table {done} of {tables}, {half.stat().st_size / 2**20:,.1f} MiB written")

    try:
        os.close(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        programs.run(
            [str(program), "--format=custom", "--verbose", f"--file={half}", f"--dbname={words}"],
            environment,
            hear,
        )
        with half.open("rb") as file:
            os.fsync(file.fileno())
        os.link(half, path)  # unlike a rename, refuses to replace what came meanwhile
        return path.stat().st_size
    except OSError as exc:
        if isinstance(exc, FileExistsError):
            raise
        raise EmbeddedError(f"{path} cannot be written: {exc.strerror}.") from exc
    finally:
        half.unlink(missing_ok=True)
