"""Imports a file: first over it without writing, so that all is told before anything is written;
then once more, storing. What was killed goes on from its row in the database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from django.db import connection

from access.scope import EVERYTHING, Scope
from devices.clock import now_us
from devices.events import announce, announce_all
from telemetry.imports.errors import NotImported
from telemetry.imports.layout import Options
from telemetry.imports.places import Places
from telemetry.imports.reader import Reader
from telemetry.imports.report import Report
from telemetry.imports.row_block import RowBlock
from telemetry.imports.signals import readings_imported
from telemetry.imports.sources import blocks
from telemetry.imports.writing import Writer
from telemetry.live import contract
from telemetry.models import ReadingImport
from telemetry.moments import from_us, in_ms
from telemetry.sql import load

HASHED_AT_ONCE = 1024 * 1024  # bytes
LOCK_KEY = 0x50554D  # advisory lock, with 32 bits of the digest: one process at a file

_SQL = load("imports")


class Progress(NamedTuple):
    """How far it is."""

    is_writing: bool  # it is looked at first
    rows: int
    readings: int
    rows_total: int  # 0: not known yet
    readings_total: int
    row_id: int = 0  # of what is being written


Tell = Callable[[Progress], None]


class Import:
    """One file. `survey` first, then `write`."""

    def __init__(
        self, path: Path, name: str, options: Options, *, scope: Scope = EVERYTHING, by: Any = None,
        tell: Tell = lambda _progress: None, most_rows: int = 0,
    ) -> None:  # fmt: skip
        self._path, self._name, self._options = path, name, options
        self._by = by if getattr(by, "is_authenticated", False) else None
        self._tell = tell
        self._most_rows = most_rows
        self._places = Places(options, scope, by)
        self.seen = Report()

    def survey(self) -> Report:
        """What is in the file, and what would become of it; nothing is written. Raises
        `NotImported` for what is no such file."""
        report = self.seen = Report()
        try:
            self._survey(report)
        except NotImported as exc:
            exc.columns = report.columns
            raise
        return report

    def _survey(self, report: Report) -> None:
        reader, rows = Reader(self._options), 0
        for block in blocks(self._path, self._name, self._options):
            rows += len(block.lines)
            if self._most_rows and rows > self._most_rows:
                raise NotImported(f"It has over {self._most_rows} rows: use manage.py import.")
            found = reader.read(block, report)
            report.show(found)
            report.missing |= self._places.missing({key.device for key in found.keys})
            report.note_too_old(found, self._places.accepts_from_us(found))
            self._tell(Progress(False, report.rows, report.readings, 0, 0))

    def check(self) -> None:
        """Raises `NotImported` where the file must not be stored as it is told to be."""
        report = self.seen
        if not report.readings:
            raise NotImported(f"There is no reading in it.{_first(report)}")
        if report.missing and not self._options.register:
            names = ", ".join(sorted(report.missing)[:5])
            more = f" and {len(report.missing) - 5} more" if len(report.missing) > 5 else ""
            raise NotImported(f"No such device: {names}{more}. --register registers them.")
        self._places.check_new(report.missing)
        if report.too_old and not self._options.keep_what_fits:
            raise NotImported(
                f"{report.too_old} readings are older than what is kept, from"
                f" {from_us(report.oldest_kept_us):%Y-%m-%d} on: retention would remove them. Have"
                " them kept longer first, by a rule on the page of the pipeline or by"
                " PULSEBOARD_RETENTION_DAYS, or leave them out with --keep-what-fits."
            )

    def begin(self, *, again: bool = False) -> ReadingImport:
        """The row of what `write` is to do. Raises `NotImported`."""
        return self._row(digest_of(self._path, self._options), Report(), again=again)

    def write(
        self, *, again: bool = False, tell_all: Report | None = None, path: Path | None = None
    ) -> ReadingImport:
        """Store it; the row with what came of it. Raises `NotImported`, and what the database
        raises: what was stored by then stays, and the next time goes on behind it."""
        self._path = path or self._path  # the same file, where it lies elsewhere by now
        self.check()
        report = tell_all or Report()
        report.oldest_kept_us = self.seen.oldest_kept_us
        digest = digest_of(self._path, self._options)
        with _alone(digest):
            row = self._row(digest, report, again=again)
            self._places.register(self.seen.missing)
            writer = Writer(row, self._places, report)
            try:
                self._store(row, writer, report)
            except BaseException as exc:
                _fail(row, report, exc)
                raise
            finally:
                _show(writer)
            report.series = self.seen.series
            report.first_us, report.last_us = self.seen.first_us, self.seen.last_us
            row.state, row.counts = ReadingImport.State.DONE, report.counts()
            row.report, row.updated_at, row.error = report.form(), from_us(now_us()), ""
            # These alone: who imports may be deleted meanwhile, and would be written back.
            row.save(update_fields=["state", "counts", "report", "updated_at", "error"])
            readings_imported.send(None, row=row, by=self._by)
            announce(contract.event("import", id=row.pk, state=row.state))
        return row

    def _row(self, digest: str, report: Report, *, again: bool) -> ReadingImport:
        told = self._options.told()
        row, _ = ReadingImport.objects.get_or_create(
            digest=digest, defaults={"name": self._name[:255], "options": told, "by": self._by}
        )
        if row.state == ReadingImport.State.DONE and not again:
            raise NotImported(
                f"It was imported before, as {row.name}: {row.counts.get('stored', 0)} readings"
                " stored. --again imports it once more; nothing is stored twice."
            )
        if row.state == ReadingImport.State.DONE:
            row.rows_done, row.block_end, row.day_done, row.counts = 0, 0, None, {}
        for name, count in row.counts.items():
            setattr(report, name, count)
        row.state, row.error = ReadingImport.State.RUNNING, ""
        row.rows_total, row.readings_total = self.seen.rows, self.seen.readings
        row.save(
            update_fields=[
                "state", "error", "counts", "rows_total", "readings_total",
                "rows_done", "block_end", "day_done",
            ]
        )  # fmt: skip
        return row

    def _store(self, row: ReadingImport, writer: Writer, report: Report) -> None:
        reader, passed = Reader(self._options), 0
        totals = row.rows_total, row.readings_total, row.pk
        for whole in blocks(self._path, self._name, self._options):
            begin, passed = passed, passed + len(whole.lines)
            if passed <= row.rows_done and passed:
                reader.read(whole, Report())  # what it learns of the first ones holds for all
                continue
            for block, end in _cut(whole, begin, row):
                writer.add(reader.read(block, report), end)
            self._tell(Progress(True, passed, report.readings, *totals))
        writer.flush()


def _cut(block: RowBlock, begin: int, row: ReadingImport) -> list[tuple[RowBlock, int]]:
    """What of a block is left, up to where an earlier run's block ended, and behind it."""
    end = begin + len(block.lines)
    first = max(row.rows_done, begin)
    edges = [first, end]
    if row.day_done is not None and first < row.block_end < end:
        edges.insert(1, row.block_end)
    pieces = []
    for start, stop in pairwise(edges):
        at = slice(start - begin, stop - begin)
        bad = block.bad if stop == end else []
        part = block.table.slice(at.start, stop - start)
        pieces.append((RowBlock(part, block.lines[at], bad), stop))
    return pieces


def digest_of(path: Path, options: Options) -> str:
    """The same for the same content, read in the same way."""
    found = hashlib.blake2b(json.dumps(options.told(), sort_keys=True).encode(), digest_size=32)
    with path.open("rb") as file:
        while piece := file.read(HASHED_AT_ONCE):
            found.update(piece)
    return found.hexdigest()


class _alone(AbstractContextManager[None]):  # noqa: N801  (used as a function)
    """Nobody else imports this file meanwhile. Raises `NotImported`."""

    def __init__(self, digest: str) -> None:
        self._keys = {"key": LOCK_KEY, "file": int(np.int32(int(digest[:8], 16) - 2**31))}

    def __enter__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_SQL["lock_import"], self._keys)
            if cursor.fetchone() != (True,):
                raise NotImported("Another process is importing this file.")

    def __exit__(self, *_exc: object) -> None:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute(_SQL["unlock_import"], self._keys)


def _fail(row: ReadingImport, report: Report, exc: BaseException) -> None:
    """Note why it ended, where there still is a database."""
    from telemetry.storage import errors  # noqa: PLC0415

    try:
        said = str(exc) or type(exc).__name__
        facts = {
            "state": ReadingImport.State.FAILED,
            "error": said[:500],
            "counts": report.counts(),
        }
        ReadingImport.objects.filter(pk=row.pk).update(**facts)
    except errors.ERRORS:
        errors.reset_connection()


def _show(writer: Writer) -> None:
    """Have open charts read their history again, once."""
    if writer.touched:
        first, last = in_ms(writer.first_us), in_ms(writer.last_us)
        announce_all([*contract.refills("imported", writer.touched, first, last)])


def _first(report: Report) -> str:
    if not report.problems:
        return ""
    problem = report.problems[0]
    return f" Line {problem.line}: {problem.why}."
