"""What a bridge has at the broker: the client id of its session, and what it subscribed.

The id has a secret part, made once and kept here: whoever may connect to the broker could take a
session whose id he guesses. The subscriptions are noted before they are made, for a session keeps
them while nobody is there, a member's share of a group's messages as well.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection

from telemetry.sql import load

SECRET_BYTES = 12  # of a client id
SWEPT_FOR = 60.0  # seconds in which a group that starts together fetches what is kept once

_SQL = load("broker_session")


class BrokerSession(NamedTuple):
    """A worker's session as it was left."""

    client_id: str
    filters: list[str]  # subscribed, perhaps


def open_session(worker: str, prefix: str, filters: Iterable[str], *, known: bool) -> BrokerSession:
    """The session of this worker, made if it has none; `filters` are noted as well.

    `known`: the worker has run before. Then, if nothing is noted, an earlier version opened its
    session, whose id has no secret part; it is gone on with, for it may hold messages.
    """
    made = f"{prefix}-{worker}" if known else f"{prefix}-{worker}-{secrets.token_hex(SECRET_BYTES)}"
    wanted: dict[str, str | list[str]] = {
        "worker": worker,
        "client_id": made,
        "filters": list(filters),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL["note_session"], wanted)
        return BrokerSession(*cursor.fetchone())


def add_filters(worker: str, filters: Iterable[str]) -> None:
    """Note that these are about to be subscribed as well."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["add_filters"], {"worker": worker, "filters": list(filters)})


def may_sweep(group: str, worker: str) -> bool:
    """Whether this worker is the one of its group that fetches what the broker kept. One that has
    died over it may again at once; another only when the last sweep is `SWEPT_FOR` ago."""
    with connection.cursor() as cursor:
        claim: dict[str, str | float] = {"group": group, "worker": worker, "seconds": SWEPT_FOR}
        cursor.execute(_SQL["claim_sweep"], claim)
        return cursor.fetchone() is not None


def narrow(worker: str, filters: Iterable[str]) -> None:
    """Note that nothing but these is subscribed any more."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["narrow_session"], {"worker": worker, "filters": list(filters)})


def forget(worker: str) -> None:
    """The session is ended; the next one gets another id."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["forget_session"], {"worker": worker})
