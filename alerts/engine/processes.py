"""Which shares of the devices this process judges, among all that run.

Each says every second that it is there. Of those that did so lately, in the order of their names,
each takes its part. Two that think for a moment that a share is theirs do no harm: who works at it
locks its row, and whoever finds that another has written of it since reads all of it again.
"""

from __future__ import annotations

import secrets
import socket

from django.db import connection

from alerts.sql import load

SHARES = 4  # parts of all devices, by their id; more processes than these would have nothing to do
GONE_AFTER = 4.0  # seconds without a word, after which the others take the shares of a process
BEAT_EVERY = 1.0  # seconds

_SQL = load("engine")


def new_name() -> str:
    """Of a process. Containers share host names and numbers."""
    return f"{socket.gethostname()[:40]}-{secrets.token_hex(6)}"


def share_of(device_id: int) -> int:
    return device_id % SHARES


def say(name: str) -> list[int]:
    """Say that this process is there; its shares now."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["say_process"], {"name": name})
        cursor.execute(_SQL["list_processes"], {"seconds": GONE_AFTER})
        names = [row[0] for row in cursor.fetchall()]
    if name not in names:
        return []
    place = names.index(name)
    return [number for number in range(SHARES) if number % len(names) == place]


def leave(name: str) -> None:
    """The others need not wait until it counts as gone."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["forget_process"], {"name": name})
