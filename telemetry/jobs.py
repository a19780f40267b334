"""What `manage.py maintain` runs: each app names the modules of its jobs in `AppConfig.ready`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from telemetry.errors import TelemetryError
from telemetry.on_demand import OnDemand

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
    longest_retry: float = 0.0  # seconds at most between two tries when it fails; 0: as usual


class NotYet(TelemetryError):
    """A job says why it cannot do its work now; it is tried again like one that failed."""


_JOBS: OnDemand[Job] = OnDemand("JOBS")


def register(*modules: str) -> None:
    """Have `maintain` run the `JOBS` of these."""
    _JOBS.add(*modules)


def registered() -> list[Job]:
    """Every job, in the order they were registered. Raises `ValueError` when two have one name."""
    return _JOBS.all()
