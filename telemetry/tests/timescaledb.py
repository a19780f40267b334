"""A PostgreSQL with TimescaleDB for the tests, and Django's connection turned to it.

It is the real extension, compiled to WebAssembly (pglite/). Not there: a second connection,
background workers, COPY over the wire.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import playwright
from django.db import DatabaseError, connection, connections

from telemetry import store

FOLDER = Path(__file__).parent / "pglite"
NODE = Path(playwright.__file__).parent / "driver" / "node"  # the version the requirements pin
END_SECONDS = 10.0
DEFAULT = "default"


@contextmanager
def server() -> Iterator[int]:
    """Run one with an empty database, without the extension; its port."""
    assert (FOLDER / "node_modules").is_dir(), "run tests/install-tools first: it installs pglite"
    process = subprocess.Popen(
        [NODE, FOLDER / "serve.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        try:
            port = process.stdout.readline()
            assert port, "pglite did not start"
            yield int(port)
        finally:
            process.stdin.close()  # it ends with its input, also when the tests are killed
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def connected(port: int) -> Iterator[None]:
    """What uses Django's connection within uses the server on this port."""
    plain = connections[DEFAULT]
    other = plain.copy()
    other.settings_dict |= {
        "HOST": "127.0.0.1",
        "PORT": port,
        "NAME": "postgres",
        "USER": "postgres",
        "PASSWORD": "postgres",
        "OPTIONS": {"sslmode": "disable"},
    }
    connections[DEFAULT] = other
    try:
        yield
    finally:
        other.close()
        connections[DEFAULT] = plain


def copy_by_file(cursor, statement: str, buffer: bytes) -> None:
    """In place of `store._copy`: the same bytes and the same COPY, from a file of the server."""
    assert statement.count("FROM STDIN") == 1
    cursor.execute("SELECT lo_from_bytea(0, %s)", [buffer])
    (large_object,) = cursor.fetchone()
    cursor.execute("SELECT lo_export(%s, '/tmp/copied'), lo_unlink(%s)", [large_object] * 2)
    try:
        cursor.execute(statement.replace("FROM STDIN", "FROM '/tmp/copied'"))
    except DatabaseError as exc:
        raise exc.__cause__ from None  # Django does not wrap what a COPY raises


def write(batch: store.Batch) -> store.Written:
    """`store.write` of a batch on the server that is connected."""
    original, store._copy = store._copy, copy_by_file
    try:
        return store.write(batch, "test")
    finally:
        store._copy = original


def rows(statement: str, *parameters: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []
