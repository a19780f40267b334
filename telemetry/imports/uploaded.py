"""Files that come over REST: small ones are imported at once, larger ones beside the requests."""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from access.scope import Scope
from devices.events import announce
from telemetry.imports.errors import NotImported
from telemetry.imports.layout import Options
from telemetry.imports.running import Import, Progress
from telemetry.live import contract
from telemetry.models import ReadingImport

logger = logging.getLogger(__name__)

MAX_ROWS = 5_000_000  # of an uploaded file, which may unpack to much more than it is
AT_ONCE = 100_000  # readings that the request itself waits for: a second or so
TOLD_EVERY = 2.0  # seconds between two events of how far it is
_BESIDE = threading.Semaphore(1)  # files of a process that are imported beside its requests


class Busy(NotImported):
    """Another large file is being imported by this process."""


@contextmanager
def spooled(body: bytes) -> Iterator[Path]:
    """The body as a file, which goes with the block unless it is taken (`Path.rename`)."""
    with tempfile.TemporaryDirectory(prefix="pulseboard-import-") as folder:
        path = Path(folder) / "uploaded"
        path.write_bytes(body)
        yield path


def surveyed(path: Path, name: str, options: Options, scope: Scope, by: Any) -> Import:
    """The file, looked at. Raises `NotImported`."""
    work = Import(path, name, options, scope=scope, by=by, tell=_Told().show, most_rows=MAX_ROWS)
    work.survey()
    return work


def carried_out(work: Import, body: bytes, *, again: bool) -> ReadingImport:
    """The row of the import: done, or begun where it is large. Raises `NotImported`, and what the
    database raises."""
    work.check()
    if work.seen.readings <= AT_ONCE:
        return work.write(again=again)
    if not _BESIDE.acquire(blocking=False):
        raise Busy("Another large file is being imported: again when it is done.")
    try:
        row = work.begin(again=again)
        given = (work, body, again)
        threading.Thread(target=_beside, args=given, name="import", daemon=True).start()
    except BaseException:
        _BESIDE.release()
        raise
    return row


def _beside(work: Import, body: bytes, again: bool) -> None:
    """Until it is done or fails, which its row says; with the process it ends, and goes on when the
    same file is sent again."""
    try:
        with spooled(body) as path:
            work.write(again=again, path=path)
    except Exception:  # the row has it; the log, where somebody has to look
        logger.exception("an import failed", extra={"action": "import_failed"})
    finally:
        connection.close()
        _BESIDE.release()


class _Told:
    """Tells pages how far it is, now and then."""

    def __init__(self) -> None:
        self._due = time.monotonic() + TOLD_EVERY

    def show(self, progress: Progress) -> None:
        if progress.is_writing and time.monotonic() >= self._due:
            self._due = time.monotonic() + TOLD_EVERY
            state = ReadingImport.State.RUNNING.value
            announce(contract.event("import", id=progress.row_id, state=state))
