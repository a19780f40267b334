"""The begin of a move into hypertables: what is copied into, and what is to be copied."""

from __future__ import annotations

from importlib import import_module

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from telemetry.jobs import NotYet
from telemetry.sql import load
from telemetry.storage import moving, moving_notes, moving_rights

_LOCK_KEY = 0x50554C56  # advisory lock: one process at a time begins

_SQL = load("moving") | load("moving_notes")
_adoption = import_module("telemetry.migrations.0005_timescale")  # frozen: what TimescaleDB must be


def begin() -> None:
    """Make what is copied into, unless a run before did. Raises `NotYet` where it cannot be."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_SQL["hold_begin"], {"key": _LOCK_KEY})
            if not moving.is_under_way():
                _make(cursor)
    except _adoption.Unusable as exc:
        raise NotYet(f"TimescaleDB cannot be used: {exc}.") from exc
    moving_notes.patiently(_begin)


def _begin() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SQL["hold_begin"], {"key": _LOCK_KEY})
        cursor.execute(_SQL["is_begun"])
        if cursor.fetchone() == (True,):
            return
        moving_notes.hold_batches(cursor)
        # What was stored by then is copied, what is stored from then on is noted.
        start, stop = moving.fetch_edges(cursor)
        moving_notes.begin(cursor, start)
        cursor.execute(_SQL["hold_series"])
        cursor.execute(_SQL["begin_move"], {"start": start, "stop": stop})


def _make(cursor: CursorWrapper) -> None:
    if not _adoption.is_available(cursor):
        raise NotYet("This server has no TimescaleDB.")
    cursor.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    (licence,) = _adoption.fetch(cursor, _adoption.LICENCE)
    if licence != "timescale":
        raise NotYet(f"The licence it runs under is {licence}, and must be timescale.")
    moving_rights.check(cursor)
    cursor.execute(_SQL["make_move"])
    cursor.execute(_SQL["make_notes"])
    usual = moving.search("pulseboard_move, ")
    cursor.execute(_adoption.SCHEMA)
    moving.search("", usual)
    cursor.execute(_SQL["drop_never_used"])
    moving_rights.take_over(cursor)
