"""Devices of which suddenly many messages are refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from devices import clock
from devices.models import Device
from shiftlog.models import Kind
from shiftlog.record import Note, record_all
from shiftlog.sql import load
from telemetry.jobs import Job
from telemetry.series.said import Said, say

WITHIN = timedelta(minutes=10)
LEAST = 50  # messages of one sender for one reason within that time
MOST = 20  # bursts of one look, the greatest

_SQL = load("bursts")


def note_bursts(now: datetime) -> int:
    """At most one an hour of each sender and reason; how many there are now."""
    given: dict[str, Any] = {"since": now - WITHIN, "least": LEAST, "limit": MOST}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_SQL["list_bursts"], given)
            found = cursor.fetchall()
        devices = {
            each.uid: each for each in Device.objects.filter(uid__in=[uid for uid, *_ in found])
        }
        record_all(_note(now, devices.get(uid), uid, *facts) for uid, *facts in found)
    return len(found)


def _note(
    now: datetime, device: Device | None, uid: str, reason: str, messages: int, first: datetime
) -> Note:
    who = device.name if device is not None else uid or say("senders that name no device")
    minutes = WITHIN // timedelta(minutes=1)
    text = say(
        "{n} messages of {who} were refused within {minutes} min: {why}.",
        n=messages, who=who, minutes=minutes, why=Said(reason.replace("_", " "), {}),
    )  # fmt: skip
    return Note(
        kind=Kind.QUARANTINE_BURST,
        text=text,
        device=device,
        at=first,
        key=f"quarantine-{uid}-{reason}-{now:%Y%m%d%H}",
        facts={"uid": uid, "reason": reason, "messages": messages},
    )


def _look() -> str:
    found = note_bursts(clock.now())
    return f"{found} bursts in quarantine" if found else ""


JOBS = (Job("note_bursts", every=60.0, timeout=30.0, run=_look),)
