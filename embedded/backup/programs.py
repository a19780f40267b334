"""pg_dump and pg_restore: which one fits the server, how it is called, what it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from django.db import connection
from psycopg.pq import Conninfo

from embedded.errors import EmbeddedError
from embedded.servers.postgres import wheel_tree

_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
SAID_LINES = 15  # of what a program said, shown when it fails


def program(name: str) -> Path:
    """`pg_dump` or `pg_restore` of the server's own version, otherwise the next newer one.

    The one on PATH is often older than the server, and refuses; the wheel that brings the server
    brings the right ones. Raises `EmbeddedError` when there is none.
    """
    wanted = server_major()
    found = sorted((version(path), path) for path in _candidates(name))
    for major, path in found:
        if major >= wanted:
            return path
    there = ", ".join(f"{path} ({major})" for major, path in found) or "none"
    raise EmbeddedError(
        f"The server is Postgres {wanted} and needs a {name} as new as that. Found: {there}.",
        f"Install postgresql-client-{wanted}, or run this where it is installed.",
    )


def server_major() -> int:
    """The major version of the server."""
    connection.ensure_connection()
    number: int = connection.connection.info.server_version
    return number // 10_000


def version(path: Path) -> int:
    """The major version of a program."""
    said = subprocess.run(  # noqa: S603 (found by its name)
        [str(path), "--version"], stdout=subprocess.PIPE, text=True, check=False
    ).stdout
    match = _VERSION.search(said)
    return int(match[1]) if match else 0


def _candidates(name: str) -> Iterator[Path]:
    with suppress(EmbeddedError):
        ours = wheel_tree() / "bin" / name
        if ours.exists():
            yield ours
    if there := shutil.which(name):
        yield Path(there)
    # Debian keeps each version apart, and puts only a choice among them on PATH.
    yield from Path("/usr/lib/postgresql").glob(f"*/bin/{name}")


def target(database: str) -> tuple[str, dict[str, str]]:
    """The connection string for a program, and the environment with the password.

    Not in the string: every user of the machine sees the words of a command.
    """
    libpq = {option.keyword.decode() for option in Conninfo.get_defaults()}
    known = {
        name: str(value)
        for name, value in connection.get_connection_params().items()
        if name in libpq and value not in (None, "")
    }
    known["dbname"] = database
    environment = {**os.environ, "PGCLIENTENCODING": "UTF8", "LC_MESSAGES": "C"}
    if password := known.pop("password", None):
        environment["PGPASSWORD"] = password
    quoted = {name: value.replace("\\", r"\\").replace("'", r"\'") for name, value in known.items()}
    return " ".join(f"{name}='{value}'" for name, value in quoted.items()), environment


def run(words: list[str], environment: dict[str, str], hear: Callable[[str], None]) -> None:
    """Run a program; each line it says goes to `hear`. Raises `EmbeddedError` when it fails."""
    said: list[str] = []
    with subprocess.Popen(  # noqa: S603 (Postgres' own programs)
        words,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        try:
            for line in process.stderr or ():
                said = [*said, line.rstrip()][-SAID_LINES:]
                hear(line)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise EmbeddedError(f"{Path(words[0]).name} failed:", "\n".join(said))
