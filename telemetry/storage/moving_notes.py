"""Which readings come and go while a plain store is moved: noted by triggers, and copied in turn.

A reading is noted by the transaction that stores or deletes it, wherever the row is, as long as
what lies before a moment is copied: what comes later is copied later. So what is to be copied anew
is as much as was stored, not the minutes or packs it lies in. Two tables take turns: one is noted
into, the other copied, some blocks in each step, and emptied.

That ends under any rate of ingest. Where the notes get fewer by less than a tenth in a step, the
batches wait for the next one, and for twice as long each time: then each writer brings one batch
between two steps, however fast they come. docs/decisions/0007-timescaledb.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import errors, sql

from telemetry.jobs import NotYet
from telemetry.sql import load
from telemetry.storage import closed

STEP_SECONDS = 1.0  # aimed at
BLOCKS_PER_PIECE = 20  # copied by one statement: some 150 readings each
BLOCKS_LEFT = 50  # to the end of the move, but for what comes just then
MOST_BLOCKS_AT_END = 1_000  # copied while the batches wait for the end; half of it left at most
MOST_SECONDS_HELD = 16.0  # batches wait for one step; they give up after 60
SLOW = 0.9  # of the notes left by a step, as many by the next one
LOCK_WAIT = "5s"  # for the batches that are being stored; others queue behind
TRIES = 20  # in a row to have a lock

_SQL = load("moving_notes") | load("moving") | load("partitions") | load("timescale")

T = TypeVar("T")


def patiently(change: Callable[[], T]) -> T:
    """Do it again while somebody else holds what it locks. Raises `NotYet` where that does not
    end, and what it raises."""
    for _ in range(TRIES):
        try:
            return change()
        except OperationalError as exc:
            again = errors.LockNotAvailable | errors.DeadlockDetected
            if not isinstance(exc.__cause__, again):
                raise
    raise NotYet("Somebody reads or writes without end")


def begin(cursor: CursorWrapper, until: datetime) -> None:
    """From the end of this transaction on it is noted what comes before `until`, and what goes."""
    cursor.execute(_SQL["hold_rows"])
    cursor.execute(_SQL["begin_noting"], {"until": until})
    cursor.execute(_SQL["begin_notes"])


def hold_batches(cursor: CursorWrapper) -> None:
    """No batch or correction is stored until the transaction ends, and none is half stored."""
    cursor.execute(_SQL["limit_lock_wait"], {"timeout": LOCK_WAIT})
    cursor.execute(_SQL["hold_batches"], {"key": closed.LOCK_KEY})


def fetch_until(cursor: CursorWrapper) -> datetime:
    cursor.execute(_SQL["fetch_until"])
    (until,) = cursor.fetchone()
    found: datetime = until
    return found


def note_until(cursor: CursorWrapper, until: datetime | str) -> None:
    """Within a transaction that holds the batches; `infinity` is the latest."""
    cursor.execute(_SQL["note_until"], {"until": until})


def copy_all() -> None:
    """Copy what is noted, step by step, but for `BLOCKS_LEFT`. In no transaction; what is not
    copied yet at all is left out, for it will be copied later."""
    before, held = float("inf"), 0.0
    while count() > (MOST_BLOCKS_AT_END // 2 if held else BLOCKS_LEFT):
        left = patiently(partial(_step, held))
        if left > before * SLOW:
            held = min(max(STEP_SECONDS, held * 2), MOST_SECONDS_HELD)
        before = left


def count() -> int:
    """How many blocks of notes wait."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["count_blocks"])
        (blocks,) = cursor.fetchone()
    return int(blocks)


def _step(held: float) -> int:
    """The batches wait for so many seconds, if any; how many blocks are left."""
    until = time.monotonic() + max(held, STEP_SECONDS)
    with transaction.atomic(), connection.cursor() as cursor:
        before = before_moment(cursor)
        if held:
            hold_batches(cursor)
        emptied = _copy_half(cursor, before, until)
    if emptied:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_SQL["hold_move"])
            hold_batches(cursor)
            _take_turns(cursor)
    return count()


def before_moment(cursor: CursorWrapper) -> datetime | str:
    """Before when all is copied; no other process goes on with the move until the end of the
    transaction."""
    cursor.execute(_SQL["lift_decompression_limit"])
    cursor.execute(_SQL["hold_move"])
    _, done_until, stop = cursor.fetchone()
    return "infinity" if done_until >= stop else done_until


def copy_rest(cursor: CursorWrapper) -> None:
    """All that is noted, within the transaction of the end, while nobody writes."""
    for _ in range(2):
        _copy_half(cursor, "infinity", float("inf"))
        _take_turns(cursor)


def _take_turns(cursor: CursorWrapper) -> None:
    """Unless the other half has notes: another process was faster, or a row that was just being
    deleted was noted there."""
    cursor.execute(_SQL["fetch_half"])
    if cursor.fetchone()[2] == 0:
        cursor.execute(_SQL["take_turns"])


def _copy_half(cursor: CursorWrapper, before: datetime | str, until: float) -> bool:
    """Copy of the half that is not written into what can be copied by then; whether it is empty."""
    cursor.execute(_SQL["fetch_half"])
    half, copied, blocks = cursor.fetchone()
    names = {"half": sql.Identifier("pulseboard_move", f"noted_{1 - half}")}
    while copied < blocks:
        piece = _piece(copied, before)
        for name in ("copy_noted_numbers", "copy_noted_texts", "note_minutes"):
            cursor.execute(sql.SQL(_SQL[name]).format(**names), piece)
        copied += BLOCKS_PER_PIECE
        if time.monotonic() >= until and copied < blocks:
            cursor.execute(_SQL["note_copied"], {"copied": copied})
            return False
    # After all that came: what was stored and deleted again is noted as both.
    cursor.execute(sql.SQL(_SQL["hold_half"]).format(**names))
    cursor.execute(_SQL["fetch_half"])
    *_, blocks = cursor.fetchone()
    for first in range(0, blocks, BLOCKS_PER_PIECE):
        piece = _piece(first, before)
        cursor.execute(sql.SQL(_SQL["note_minutes"]).format(**names), piece)
        cursor.execute(sql.SQL(_SQL["list_gone"]).format(**names), piece)
        for series_id, is_text, moments in cursor.fetchall():
            _copy_again(cursor, series_id, moments, is_text=is_text)
    cursor.execute(sql.SQL(_SQL["empty_half"]).format(**names))
    cursor.execute(_SQL["note_copied"], {"copied": 0})
    return True


def _piece(first: int, before: datetime | str) -> dict[str, Any]:
    return {"first": f"({first},0)", "end": f"({first + BLOCKS_PER_PIECE},0)", "until": before}


def _copy_again(
    cursor: CursorWrapper, series_id: int, moments: list[datetime], *, is_text: bool
) -> None:
    """What is there now: maybe another value, maybe nothing."""
    kind = "texts" if is_text else "numbers"
    edges = {"start": moments[0], "stop": moments[-1]}
    for name in (f"delete_gone_{kind}", f"copy_again_{kind}"):
        cursor.execute(_SQL[name], {"series_id": series_id, "moments": moments, **edges})


def end(cursor: CursorWrapper) -> None:
    """Note nothing any more. Within a transaction that holds the batches."""
    cursor.execute(_SQL["end_notes"])
