"""The SQLite file of a spool: how it is opened, and what becomes of one that is damaged."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
import zlib
from pathlib import Path

import msgspec

from bridge.commit.spool_entry import decoded

logger = logging.getLogger(__name__)

BUSY_TIMEOUT = 1.0  # seconds to wait for another process that holds the file (a backup)
PAGE_SIZE = 8192  # bytes
COUNTS_MICROSECONDS = 1  # version of the file since when times are not milliseconds
WAL_KEPT = 64 * 1024 * 1024  # bytes the write-ahead log is cut back to
SUFFIXES = ("-wal", "-shm", "")  # of the files SQLite keeps
DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
OUT_OF_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def connect(path: Path) -> sqlite3.Connection:
    """A connection to the file, which is made if it is missing. Raises `sqlite3.Error`."""
    database = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
    )
    try:
        database.execute(f"PRAGMA page_size={PAGE_SIZE:d}")
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")  # in WAL mode: fsync at each commit
        database.execute(f"PRAGMA journal_size_limit={WAL_KEPT:d}")
        database.execute(
            "CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY AUTOINCREMENT,"
            " messages INTEGER NOT NULL, checksum INTEGER NOT NULL, content BLOB NOT NULL)"
        )
        # What cannot be read back stays for whoever can repair it, out of the way of the rest.
        database.execute(
            "CREATE TABLE IF NOT EXISTS damaged (id INTEGER PRIMARY KEY, messages INTEGER NOT NULL,"
            " checksum INTEGER NOT NULL, content BLOB NOT NULL)"
        )
        _in_microseconds(database)
    except BaseException:
        database.close()
        raise
    return database


def is_damage(error: BaseException) -> bool:
    """Whether the file itself is broken, so that trying again does not help."""
    return _kind(error) in DAMAGE


def is_out_of_room(error: BaseException) -> bool:
    """Whether the disk takes no more."""
    return _kind(error) in OUT_OF_ROOM


def _kind(error: BaseException) -> int:
    """SQLite's code of the error; what lies above the low byte only says more of it."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def count_on(database: sqlite3.Connection, newest: int) -> int:
    """Have the next entry of this file get a number above `newest`, and above all it has had; the
    number before it. Raises `sqlite3.Error`."""
    row = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entry'").fetchone()
    if row is None and newest:
        database.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('entry', ?)", (newest,))
    elif row is not None and row[0] < newest:
        database.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'entry'", (newest,))
    return max(newest, row[0] if row else 0)


def start_anew(path: Path) -> sqlite3.Connection:
    """Drop the file and make an empty one: needs no room, as a DELETE would."""
    for suffix in SUFFIXES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return connect(path)


def set_aside(path: Path, forgotten_up_to: int) -> sqlite3.Connection:
    """Keep a damaged file under another name, and bring what can be read of it into a new one.

    Entries up to `forgotten_up_to` are not wanted any more. Raises `sqlite3.Error`, `OSError`.
    """
    aside = path.with_name(f"{path.stem}.damaged-{time.time_ns() // 1_000_000}{path.suffix}")
    for suffix in SUFFIXES:
        old = path.with_name(path.name + suffix)
        if old.exists():
            os.replace(old, aside.with_name(aside.name + suffix))
    fresh = connect(path)
    logger.error(
        "the spool %s is damaged: kept as %s, what can be read of it is taken over",
        path,
        aside,
        extra={"action": "spool_damaged"},
    )
    try:
        source = sqlite3.connect(aside, isolation_level=None)
    except sqlite3.Error:
        return fresh
    try:
        _take_over(source, fresh, forgotten_up_to)
    finally:
        source.close()
    return fresh


def _take_over(source: sqlite3.Connection, fresh: sqlite3.Connection, after: int) -> None:
    """Entry by entry: a walk over all would end at the first page that cannot be read."""
    try:
        (last,) = source.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entry'").fetchone()
    except (sqlite3.Error, TypeError):
        return
    for entry_id in range(after + 1, last + 1):
        try:
            row = source.execute(
                "SELECT id, messages, checksum, content FROM entry WHERE id = ?", (entry_id,)
            ).fetchone()
        except sqlite3.Error:
            continue
        if row is not None:
            fresh.execute(
                "INSERT INTO entry (id, messages, checksum, content) VALUES (?, ?, ?, ?)", row
            )
    (version,) = source.execute("PRAGMA user_version").fetchone()
    fresh.execute(f"PRAGMA user_version={version:d}")
    _in_microseconds(fresh)


def _in_microseconds(database: sqlite3.Connection) -> None:
    """Bring entries up to date that an earlier version kept, which counted in milliseconds."""
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version >= COUNTS_MICROSECONDS:
        return
    with database:
        database.execute("BEGIN IMMEDIATE")
        rows = database.execute("SELECT id, checksum, content FROM entry")
        for entry_id, checksum, content in rows:
            entry = decoded(content, checksum)
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
