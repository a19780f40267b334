"""Messages for quarantine, each of which is to be there once."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper
from psycopg.types.json import Jsonb

from telemetry.models import KEPT_PAYLOAD
from telemetry.moments import from_us
from telemetry.sql import load

_SQL = load("quarantined")


class Quarantined(NamedTuple):
    """A message for quarantine. `message` is its index in the batch of messages."""

    message: int
    received_us: int
    topic: str
    uid: str
    reason: str
    detail: str
    payload: bytes
    properties: dict[str, object]
    retained: bool
    partial: bool
    redelivered: bool = False  # the broker has sent it before


def not_kept(cursor: CursorWrapper, rows: list[Quarantined], *, again: bool) -> list[Quarantined]:
    """Those that are not in quarantine already. `again`: the batch was sent before, and may have
    been committed.

    A partly bad message that the broker sends again is the same piece of evidence: its good values
    are found stored, for they have a time of their own or got their first stamp again.
    """
    redelivered = {row.uid for row in rows if row.redelivered and row.partial}
    if not again and not redelivered:
        return rows
    received = [from_us(row.received_us) for row in rows] if again else []
    cursor.execute(_SQL["find_kept"], {"received": received, "uids": list(redelivered)})
    kept = cursor.fetchall()
    same_instant = {each[:3] for each in kept}
    partly_bad = {each[1:3] for each in kept if each[3]}

    def is_kept(row: Quarantined) -> bool:
        payload = row.payload[:KEPT_PAYLOAD]
        content = (row.topic, hashlib.md5(payload, usedforsecurity=False).hexdigest())
        if row.redelivered and row.partial and content in partly_bad:
            return True
        return again and (from_us(row.received_us), *content) in same_instant

    return [row for row in rows if not is_kept(row)]


def insert(cursor: CursorWrapper, rows: list[Quarantined], worker: str) -> None:
    """Put them there, as what this worker received."""
    with cursor.copy(
        "COPY telemetry_quarantinedmessage (received_at, topic, uid, reason, detail, payload,"
        " payload_size, properties, retained, partial, worker) FROM STDIN"
    ) as copy:
        for row in rows:
            copy.write_row(
                (
                    from_us(row.received_us),
                    row.topic,
                    row.uid,
                    row.reason,
                    row.detail,
                    row.payload[:KEPT_PAYLOAD],
                    len(row.payload),
                    Jsonb(row.properties),
                    row.retained,
                    row.partial,
                    worker,
                )
            )
