"""Write what the wire says of devices: what their status topics said, and when they were heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.db import connection
from django.db.backends.utils import CursorWrapper

from devices.presence import LATE_GRACE, LATE_INTERVALS
from telemetry.sql import load

AGREEMENT_MS = 5_000  # ms by which two messages may differ in how far a clock is ahead

_SQL = load("presence")
_LATE = {"late_intervals": LATE_INTERVALS, "late_grace": LATE_GRACE / 1_000}


class Said(NamedTuple):
    """What the newest message on a status topic said."""

    online: bool
    at_us: int  # Unix microseconds when it was received
    retained: bool  # the broker kept it: nobody knows when it was said


class Connection(NamedTuple):
    """What is stored of a device's connection."""

    online: bool
    since_us: int  # Unix microseconds


# The newest message of a device that had readings: when it was received, and its newest reading by
# the device's clock, in Unix microseconds. No NamedTuple: one is made of every message.
Heard = tuple[int, int]


def set_connections(
    cursor: CursorWrapper, said: dict[int, Said], worker: str
) -> dict[int, Connection]:
    """Set what each device's status topic said to a worker; by device id, what that changed."""
    online, at, retained = zip(*said.values(), strict=True)
    columns = {"online": online, "at": at, "retained": retained}
    cursor.execute(
        _SQL["set_connections"],
        {"devices": list(said), "worker": worker}
        | {name: list(column) for name, column in columns.items()},
    )
    return {
        device_id: Connection(online, since_us) for device_id, online, since_us in cursor.fetchall()
    }


# A device that was not heard between these two, in Unix microseconds.
Absence = tuple[int, int, int]  # device id, heard before, heard after


def write_seen(
    heard: Mapping[int, Heard],
    clock_replaced: Mapping[int, int],
    first: Mapping[int, Heard] | None = None,
) -> dict[int, int]:
    """Set when each device was last heard, and when some of them last had their clock replaced.
    By device id, when it is now believed to have been heard last, in Unix microseconds.

    All are by device id; the times are Unix microseconds. `first` is when those were heard first
    that were heard several times since they were last written. Apart from the batches, about once a
    second: a row a device in every batch would double what the database writes.
    """
    received_us, measured_us = zip(*heard.values(), strict=True) if heard else ((), ())
    began = [(first or heard).get(device_id, each) for device_id, each in heard.items()]
    first_us, first_measured_us = zip(*began, strict=True) if began else ((), ())
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL["write_seen"],
            {
                "devices": list(heard),
                "received_us": list(received_us),
                "measured_us": list(measured_us),
                "replaced": [clock_replaced.get(device_id, 0) for device_id in heard],
                "first_us": list(first_us),
                "first_measured_us": list(first_measured_us),
                "agreement": AGREEMENT_MS,
                **_LATE,
            },
        )
        return dict(cursor.fetchall())


def note_absences(absences: Sequence[Absence]) -> None:
    """Note for the past that devices were not heard for a while; what is not long is left out."""
    devices, after, at = zip(*absences, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL["note_absences"],
            {"devices": list(devices), "since": list(after), "at": list(at), **_LATE},
        )
