"""The row of each job: who runs it, when it is due, how it went."""

from __future__ import annotations

import secrets
import socket
from typing import Any

from django.db import connection

from telemetry.jobs import LOCK_MARGIN, Job, registered
from telemetry.models import JobRun
from telemetry.moments import to_ms
from telemetry.sql import load

MAX_ERROR = 500  # characters kept of an error

# This process among those that maintain one database. Containers share host names and numbers.
HOLDER = f"{socket.gethostname()[:40]}-{secrets.token_hex(6)}"

_SQL = load("jobs")


class Turn:
    """One process's share in the runs of a job."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._facts: dict[str, Any] = {
            "name": job.name,
            "holder": HOLDER,
            "every": job.every,
            "held": job.timeout + LOCK_MARGIN,
        }

    def take(self) -> bool:
        """Whether the job is due and ours to do now."""
        return self._row("add_job", fetch=False) is None and self._row("take_job") is not None

    def wait(self) -> float:
        """The seconds until the job is due and free; nobody knows better than up to `every`."""
        row = self._row("fetch_wait")
        return min(max(row[0] if row else 0.0, 0.0), self.job.every)

    def succeeded(self, seconds: float, did: str) -> None:
        self._row("note_success", fetch=False, seconds=seconds, did=did, wait=self.job.every)

    def failed(self, seconds: float, error: str, wait: float) -> None:
        self._row("note_failure", fetch=False, seconds=seconds, error=error[:MAX_ERROR], wait=wait)

    def let_go(self) -> None:
        self._row("let_go", fetch=False)

    def _row(self, name: str, *, fetch: bool = True, **more: Any) -> tuple[Any, ...] | None:
        with connection.cursor() as cursor:
            cursor.execute(_SQL[name], self._facts | more)
            return cursor.fetchone() if fetch else None


def idle() -> float:
    """For how many seconds maintenance has done nothing, or has left waiting what came first."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["fetch_idle"])
        (seconds,) = cursor.fetchone()
    return max(0.0, seconds or 0.0)


def states() -> list[dict[str, Any]]:
    """Each registered job and how it went, as the pipeline page gets it."""
    rows = JobRun.objects.in_bulk([job.name for job in registered()])
    return [_state(job, rows.get(job.name) or JobRun(name=job.name)) for job in registered()]


def _state(job: Job, run: JobRun) -> dict[str, Any]:
    at = {
        field: to_ms(moment) if (moment := getattr(run, field)) else None
        for field in ("started_at", "succeeded_at", "failed_at", "did_at")
    }
    return {
        "name": job.name,
        "every_ms": round(job.every * 1000),
        "running": bool(run.holder),
        "failing": run.failures_in_row > 0,
        **at,
        "runs": run.runs,
        "failures": run.failures,
        "failures_in_row": run.failures_in_row,
        "error": run.error,
        "seconds": run.seconds,
        "did": run.did,
    }
