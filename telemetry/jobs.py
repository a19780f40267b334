"""What `manage.py maintain` runs: each app registers its jobs in `AppConfig.ready`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from telemetry.errors import TelemetryError

REGISTRY = CollectorRegistry()  # what `maintain` serves at /metrics; jobs may add to it
LOCK_MARGIN = 60.0  # seconds after its timeout until another process may run a job


@dataclass(frozen=True, slots=True)
class Job:
    """Something done again and again. It may come twice and at the same time: two processes may
    run it one after the other, and one whose lease ran out may still be at work."""

    name: str  # stable: of its row, its metrics and its line on the pipeline page
    every: float  # seconds from the end of a run to the next one
    timeout: float  # seconds of a run, after which its statement is cancelled
    run: Callable[[], str]  # what it did, for people; empty when there was nothing to do


class NotYet(TelemetryError):
    """A job says why it cannot do its work now; it is tried again like one that failed."""


_registered: dict[str, Job] = {}


def register(*jobs: Job) -> None:
    """Have `maintain` run these. Raises `ValueError` when a name is taken."""
    for job in jobs:
        if _registered.get(job.name, job) != job:
            raise ValueError(f"two jobs are named {job.name!r}")
        _registered[job.name] = job


def registered() -> list[Job]:
    """Every job, in the order they were registered."""
    return list(_registered.values())
