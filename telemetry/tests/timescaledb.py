"""A PostgreSQL with TimescaleDB for the tests, and Django's connection turned to it.

It is the real extension, compiled to WebAssembly (pglite/). Not there: a second connection,
background workers, COPY over the wire.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import playwright
from django.db import DatabaseError, connection, connections

from devices.models import Device
from telemetry.models import Series
from telemetry.moments import to_ms
from telemetry.storage import rollups, store, timescale
from telemetry.storage import summaries as summaries_of
from tests import clusters

FOLDER = Path(__file__).parent / "pglite"
NODE = Path(playwright.__file__).parent / "driver" / "node"  # the version the requirements pin
END_SECONDS = 120.0  # in which one has left what it holds, on a busy machine
DEFAULT = "default"

NOW = datetime(2026, 3, 10, 12, 0, 30, tzinfo=UTC)
END = to_ms(NOW)
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
DEVICE = 501
SERIES = (701, 702, 703)

Reading = tuple[int, int, float]  # series, Unix ms, value


@contextmanager
def server(*words: str | Path) -> Iterator[int]:
    """Run one with an empty database, without the extension, or as the words say (serve.mjs); its
    port."""
    assert (FOLDER / "node_modules").is_dir(), "run tests/install-tools first: it installs pglite"
    process = subprocess.Popen(
        [NODE, FOLDER / "serve.mjs", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE
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


def left_by(name: str, change: Callable[[], None]) -> Path:
    """What a server leaves whose database something was done to; once for a whole run."""

    def make(folder: Path) -> None:
        folder.mkdir()
        with server("--into", folder / "left.tar") as port, connected(port):
            change()

    return clusters.made(name, make) / "left.tar"


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


@contextmanager
def turned_to(port: int) -> Iterator[None]:
    """Django's connection is to this TimescaleDB, and nothing is left there."""
    with connected(port):
        try:
            make_series()
            yield
        finally:
            for chunked in (*timescale.HYPERTABLES, *summaries_of.TABLES):
                rows("SELECT drop_chunks(%s, older_than => 'infinity'::timestamptz)", chunked)
            rows("DELETE FROM telemetry_correction; DELETE FROM shiftlog_entry")
            rows("DELETE FROM telemetry_series; DELETE FROM devices_device")
            rows("TRUNCATE dirty_minute, commit_log, deleted_series, last_reading")
            # Whoever deletes a series has its rules looked through, and that counts as a change.
            rows(
                "UPDATE retention_state SET raw_floor = DEFAULT, clock = NULL,"
                " rules_changed = DEFAULT"
            )


def make_series() -> None:
    device = Device.objects.create(id=DEVICE, uid="boiler", name="Boiler")
    Series.objects.bulk_create(
        Series(id=number, device=device, metric=f"m{number}") for number in SERIES
    )


def store_readings(readings: list[Reading], *, may_repeat: bool = False) -> store.Written:
    ids, times, values = (list(column) for column in zip(*readings, strict=True))
    return write(store.Batch(ids, [at * 1_000 for at in times], values, may_repeat=may_repeat))


def every(step: int, *, span: int, end: int = END, one: int = SERIES[0]) -> list[Reading]:
    return [(one, at, float(at // step % 100)) for at in range(end - span, end, step)]


def compress() -> list[str]:
    return timescale.compress(NOW)


def roll_up() -> None:
    while rollups.run(NOW):
        pass


def summaries() -> list[list[tuple]]:
    columns = "series_id, bucket, count, sum, min, max, first, last"
    return [sorted(rows(f"SELECT {columns} FROM {table}")) for table in summaries_of.TABLES]


def chunks() -> dict[str, bool]:
    """The chunks of reading, and whether each is compressed."""
    return {chunk.name: chunk.compressed for chunk in timescale._chunks(["reading"])}
