"""Where batches wait, durably, while the database is away or slower than the inflow.

A SQLite file of this worker's own: one row a batch, in order, checksummed, fsynced before it is
acknowledged to the broker. Drained oldest first; a row is deleted after the database has committed
it, so a worker killed in between stores it again, which the store recognises.
"""

from __future__ import annotations

import fcntl
import sqlite3
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from bridge.intake.batch import Batch
from bridge.message import Message

BUSY_TIMEOUT = 5.0  # seconds another process may hold the file (a backup)
MAX_MERGED = 1_000  # entries read at once
PAGE_SIZE = 8192  # bytes
COUNTS_MICROSECONDS = 1  # version of the file since when times are not milliseconds
WAL_KEPT = 64 * 1024 * 1024  # bytes the write-ahead log is cut back to


class SpoolFull(Exception):
    """The spool has reached its limit, or its disk has; nothing of the batch is in it."""


class SpoolBusy(Exception):
    """Another process uses this worker's spool."""


class Entry(msgspec.Struct, array_like=True):
    """A batch as it lies in the spool."""

    messages: list[Message]
    stamps: list[int | None]  # of each message; see `bridge.intake.batch.Batch.stamps`


class Spooled(NamedTuple):
    """The oldest entries as one batch. `entry` is None for a single damaged one."""

    last_id: int
    messages: int
    size: int  # bytes
    entry: Entry | None


class Spool:
    """`append` is for the writer thread, the rest for the committer thread."""

    def __init__(self, path: Path, limit: int) -> None:
        """`limit` is in bytes. Raises `SpoolBusy`, and `OSError` or `sqlite3.Error` when the
        folder cannot be used."""
        self.path = path
        self.limit = limit
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock_file = path.with_suffix(".lock").open("w")
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            self._lock_file.close()
            raise SpoolBusy(f"{path} is in use by another process") from exc
        self._lock = threading.Lock()
        self._database = self._open()
        row = self._database.execute(
            "SELECT coalesce(sum(messages), 0), coalesce(sum(length(content)), 0) FROM entry"
        ).fetchone()
        self.messages: int = row[0]
        self.size: int = row[1]  # bytes

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(
            self.path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
        )
        database.execute(f"PRAGMA page_size={PAGE_SIZE:d}")
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")  # in WAL mode: fsync at each commit
        database.execute(f"PRAGMA journal_size_limit={WAL_KEPT:d}")
        database.execute(
            "CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY AUTOINCREMENT,"
            " messages INTEGER NOT NULL, checksum INTEGER NOT NULL, content BLOB NOT NULL)"
        )
        _in_microseconds(database)
        # What cannot be read back stays for whoever can repair it, out of the way of the rest.
        database.execute(
            "CREATE TABLE IF NOT EXISTS damaged (id INTEGER PRIMARY KEY, messages INTEGER NOT NULL,"
            " checksum INTEGER NOT NULL, content BLOB NOT NULL)"
        )
        return database

    def append(self, batch: Batch) -> int:
        """Make a batch durable; the id of its entry. Raises `SpoolFull`."""
        messages = batch.messages
        stamps = [batch.stamps.get(index) for index in range(len(messages))]
        content = msgspec.msgpack.encode(Entry(messages, stamps))
        with self._lock:
            if self.size + len(content) > self.limit:
                raise SpoolFull(f"{self.path} holds {self.size} of {self.limit} bytes")
            try:
                inserted = self._database.execute(
                    "INSERT INTO entry (messages, checksum, content) VALUES (?, ?, ?)",
                    (len(messages), zlib.crc32(content), content),
                )
            except sqlite3.OperationalError as exc:
                raise SpoolFull(f"{self.path}: {exc}") from exc
            self.messages += len(messages)
            self.size += len(content)
        return int(inserted.lastrowid or 0)

    def forget(self, entry_id: int) -> None:
        """Drop one entry: what it holds was committed while it was appended."""
        with self._lock:
            row = self._database.execute(
                "DELETE FROM entry WHERE id = ? RETURNING messages, length(content)", (entry_id,)
            ).fetchone()
            if row is not None:
                self.messages -= row[0]
                self.size -= row[1]

    def oldest(self, limit: int) -> Spooled | None:
        """The entries to store next, merged up to about `limit` messages: batches that were small
        because they were acknowledged at once would else be drained no faster than they come."""
        merged = Entry([], [])
        last_id = size = 0
        with self._lock:
            rows = self._database.execute(
                "SELECT id, messages, checksum, content FROM entry ORDER BY id LIMIT ?",
                (MAX_MERGED,),
            )
            for entry_id, messages, checksum, content in rows:
                entry = _decoded(content, checksum)
                if entry is None and not last_id:
                    return Spooled(entry_id, messages, len(content), None)
                if entry is None or (last_id and len(merged.messages) + messages > limit):
                    break
                merged.messages += entry.messages
                merged.stamps += entry.stamps
                last_id, size = entry_id, size + len(content)
        return Spooled(last_id, len(merged.messages), size, merged) if last_id else None

    def remove(self, spooled: Spooled) -> None:
        """Forget entries: they are in the database, or, damaged, set aside."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            if spooled.entry is None:
                self._database.execute(
                    "INSERT INTO damaged SELECT * FROM entry WHERE id = ?", (spooled.last_id,)
                )
            self._database.execute("DELETE FROM entry WHERE id <= ?", (spooled.last_id,))
            self._database.execute("COMMIT")
            self.messages -= spooled.messages
            self.size -= spooled.size

    def walk(self) -> Iterator[Entry]:
        """Every readable entry, oldest first, one in memory at a time. Only before the threads."""
        rows = self._database.execute("SELECT checksum, content FROM entry ORDER BY id")
        for checksum, content in rows:
            entry = _decoded(content, checksum)
            if entry is not None:
                yield entry

    def close(self) -> None:
        self._database.close()
        self._lock_file.close()


def _in_microseconds(database: sqlite3.Connection) -> None:
    """Bring entries up to date that an earlier version kept, which counted in milliseconds."""
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version >= COUNTS_MICROSECONDS:
        return
    database.execute("BEGIN IMMEDIATE")
    for entry_id, checksum, content in database.execute("SELECT id, checksum, content FROM entry"):
        entry = _decoded(content, checksum)
        if entry is None:
            continue
        for message in entry.messages:
            message.received_us *= 1_000
        entry.stamps = [stamp and stamp * 1_000 for stamp in entry.stamps]
        newer = msgspec.msgpack.encode(entry)
        database.execute(
            "UPDATE entry SET checksum = ?, content = ? WHERE id = ?",
            (zlib.crc32(newer), newer, entry_id),
        )
    database.execute(f"PRAGMA user_version={COUNTS_MICROSECONDS:d}")
    database.execute("COMMIT")


def _decoded(content: bytes, checksum: int) -> Entry | None:
    """The entry, or None if these are not the bytes that were written."""
    if zlib.crc32(content) != checksum:
        return None
    try:
        return msgspec.msgpack.decode(content, type=Entry)
    except msgspec.DecodeError:
        return None
