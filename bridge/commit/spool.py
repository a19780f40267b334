"""Where batches wait, durably, while the database is away or slower than the inflow.

A SQLite file of this worker's own: one row a batch, in order, checksummed, fsynced before it is
acknowledged to the broker. Drained oldest first. An entry is gone for us as soon as the database
has committed it, and leaves the file when the file lets it: a worker killed in between stores it
again, which the store recognises. A full disk, a locked file and a damaged page are told as
`SpoolTrouble` and tried again; nothing here ends a thread.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from bridge.commit import spool_file
from bridge.commit.spool_entry import Entry, Kept, Spooled, decoded, encoded
from bridge.commit.spool_lock import SpoolLock
from bridge.errors import BridgeError
from bridge.intake.batch import Batch

logger = logging.getLogger(__name__)

R = TypeVar("R")

MAX_MERGED = 1_000  # entries read at once


class SpoolTrouble(BridgeError):
    """The spool cannot do it now; nothing of it has changed. Trying again later may help."""


class SpoolFull(SpoolTrouble):
    """The spool has reached its limit."""


class Spool:
    """`append` is for the writer thread, the rest for the committer thread."""

    def __init__(self, path: Path, limit: int) -> None:
        """`limit` is in bytes. Opens nothing yet. Raises `SpoolBusy`, and `OSError` when the folder
        cannot be used."""
        self.path = path
        self.limit = limit
        self.messages = 0
        self.size = 0  # bytes
        self.lost = 0  # messages that could not be read from a damaged file, and are not told yet
        self.trouble = ""  # why it did not do the last thing it was told
        self._file_lock = SpoolLock(path)
        self.owner = self._file_lock.owner
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None
        # What is gone for us and may be in the file still: entries up to a number, and others.
        self._gone_up_to = 0
        self._gone: set[int] = set()
        self._to_delete = False
        self._newest = 0  # number of an entry; none is given twice, whatever becomes of the file

    def open(self) -> None:
        """Count what an earlier process left. Raises `SpoolTrouble`; then call it again."""
        self._do(lambda _database: None)

    def append(self, batch: Batch) -> Kept:
        """Make a batch durable. Raises `SpoolTrouble`."""
        messages, content = len(batch.messages), encoded(batch)

        def insert(database: sqlite3.Connection) -> Kept:
            if self.size + len(content) > self.limit:
                raise SpoolFull(f"{self.path} holds {self.size} of {self.limit} bytes")
            inserted = database.execute(
                "INSERT INTO entry (messages, checksum, content) VALUES (?, ?, ?)",
                (messages, zlib.crc32(content), content),
            )
            self._newest = int(inserted.lastrowid or 0)
            self.messages += messages
            self.size += len(content)
            return Kept(self._newest, messages, len(content))

        return self._do(insert)

    def oldest(self, limit: int) -> Spooled | None:
        """The entries to store next, merged up to about `limit` messages: batches that were small
        because they were acknowledged at once would otherwise be drained no faster than they come.

        Raises `SpoolTrouble`.
        """

        def read(database: sqlite3.Connection) -> Spooled | None:
            merged = Entry([], [])
            last_id = size = 0
            rows = database.execute(
                "SELECT id, messages, checksum, content FROM entry WHERE id > ? ORDER BY id"
                " LIMIT ?",
                (self._gone_up_to, MAX_MERGED + len(self._gone)),
            )
            for entry_id, messages, checksum, content in rows:
                if entry_id in self._gone:
                    continue
                entry = decoded(content, checksum)
                if entry is None and not last_id:
                    return Spooled(entry_id, messages, len(content), None)
                if entry is None or (last_id and len(merged.messages) + messages > limit):
                    break
                merged.extend(entry)
                last_id, size = entry_id, size + len(content)
            return Spooled(last_id, len(merged.messages), size, merged) if last_id else None

        return self._do(read)

    def forget(self, kept: Kept) -> None:
        """Drop one entry: what it holds was committed while it was appended."""
        with self._lock:
            if kept.id <= self._gone_up_to or kept.id in self._gone:
                return
            self._gone.add(kept.id)
            self._count_out(kept.messages, kept.size)
        self.tend()

    def remove(self, spooled: Spooled) -> None:
        """Forget entries: they are in the database, or, damaged, to be set aside."""
        if spooled.entry is None:
            self._do(
                lambda database: database.execute(
                    "INSERT OR IGNORE INTO damaged SELECT * FROM entry WHERE id = ?",
                    (spooled.last_id,),
                )
            )
        with self._lock:
            self._gone_up_to = spooled.last_id
            self._gone = {entry_id for entry_id in self._gone if entry_id > spooled.last_id}
            self._count_out(spooled.messages, spooled.size)
        self.tend()

    def _count_out(self, messages: int, size: int) -> None:
        self.messages -= messages
        self.size -= size
        self._to_delete = True
        if not self.messages:
            self._gone_up_to = self._newest
            self._gone.clear()

    def tend(self) -> None:
        """Have the file follow what is gone, and see whether what was in the way is over. What does
        not work is told in `trouble`; call it again."""
        if not (self._to_delete or self.trouble):
            return
        try:
            self._do(self._delete if self._to_delete else _touch)
        except SpoolTrouble as exc:
            logger.debug("spool: %s", exc)

    def _delete(self, database: sqlite3.Connection) -> None:
        try:
            with database:
                database.execute("BEGIN IMMEDIATE")
                database.execute("DELETE FROM entry WHERE id <= ?", (self._gone_up_to,))
                database.executemany(
                    "DELETE FROM entry WHERE id = ?", [(entry_id,) for entry_id in self._gone]
                )
        except sqlite3.Error as exc:
            if self.messages or not spool_file.is_out_of_room(exc):
                raise
            # On a full disk a DELETE has no room for its own record.
            database.close()
            self._database = None
            self._take(spool_file.start_anew(self.path))
        self._to_delete = False

    def walk(self) -> Iterator[Entry]:
        """Every readable entry, oldest first, one in memory at a time. Raises `SpoolTrouble`."""
        last_id = 0
        while True:
            row = self._do(
                lambda database, after=last_id: database.execute(  # type: ignore[misc]
                    "SELECT id, checksum, content FROM entry WHERE id > ? ORDER BY id LIMIT 1",
                    (after,),
                ).fetchone()
            )
            if row is None:
                return
            last_id, checksum, content = row
            entry = decoded(content, checksum)
            if entry is not None:
                yield entry

    def close(self) -> None:
        with self._lock:
            if self._database is not None:
                self._database.close()
            self._database = None
        self._file_lock.release()

    def _do(self, work: Callable[[sqlite3.Connection], R]) -> R:
        """The result of `work`, which only one thread does at a time. Raises `SpoolTrouble`."""
        with self._lock:
            try:
                done = work(self._opened())
            except SpoolFull as exc:
                self.trouble = str(exc)
                raise
            except (sqlite3.Error, OSError) as exc:
                self.trouble = f"{self.path}: {exc}"
                if spool_file.is_damage(exc):
                    self._set_aside()
                elif self._database is not None and self._database.in_transaction:
                    self._database.rollback()
                raise SpoolTrouble(self.trouble) from exc
            self.trouble = ""
            return done

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            self._take(spool_file.connect(self.path))
        assert self._database is not None  # noqa: S101
        return self._database

    def _take(self, database: sqlite3.Connection) -> None:
        try:
            self._newest = spool_file.count_on(database, self._newest)
            self.messages, self.size = database.execute(
                "SELECT coalesce(sum(messages), 0), coalesce(sum(length(content)), 0) FROM entry"
                " WHERE id > ?",
                (self._gone_up_to,),
            ).fetchone()
        except BaseException:
            database.close()
            raise
        self._database = database

    def _set_aside(self) -> None:
        """Go on with a new file, and what can be read of the damaged one."""
        if self._database is not None:
            self._database.close()
            self._database = None
        held = self.messages
        try:
            self._take(spool_file.set_aside(self.path, self._gone_up_to))
        except (sqlite3.Error, OSError) as exc:
            logger.exception("the damaged spool %s cannot be set aside: %s", self.path, exc)
        self.lost += max(0, held - self.messages)


def _touch(database: sqlite3.Connection) -> None:
    """Write something, to see whether one can."""
    (number,) = database.execute("PRAGMA application_id").fetchone()
    database.execute(f"PRAGMA application_id={(number + 1) % 1_000:d}")
