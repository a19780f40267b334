"""What `manage.py runengine` runs: each app names the modules of its followers in
`AppConfig.ready`.

A follower works on as long as there is something to work on: commits of readings, rows of an
outbox. It goes in steps, each of which ends with what it did in the database, so that a process
which is killed leaves nothing half done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from prometheus_client import CollectorRegistry

from telemetry.on_demand import OnDemand

REGISTRY = CollectorRegistry()  # what `runengine` serves at /metrics; followers may add to it


class Work(Protocol):
    """What one process does as a follower, in a thread and with a connection of its own."""

    def step(self) -> float:
        """Do what there is; the seconds until the next step, 0 when more waits already. May raise
        anything: it is called again, with a connection that may be new."""

    def close(self) -> None:
        """Let the other processes have at once what is held, when this one is to end."""


@dataclass(frozen=True, slots=True)
class Follower:
    """Several processes may run it at once: what is worked on belongs to one of them by a lease or
    a lock on rows."""

    name: str  # stable: of its row, its thread, its metrics and its line on the pipeline page
    begin: Callable[[], Work]  # called once in each process, in the follower's thread
    timeout: float = 60.0  # seconds of a step, after which its statement is cancelled


_FOLLOWERS: OnDemand[Follower] = OnDemand("FOLLOWERS")


def register(*modules: str) -> None:
    """Have `runengine` run the `FOLLOWERS` of these."""
    _FOLLOWERS.add(*modules)


def registered() -> list[Follower]:
    """Every follower, in the order they were registered. Raises `ValueError` when two have one
    name."""
    return _FOLLOWERS.all()
