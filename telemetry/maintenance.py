"""Runs the registered jobs: each in a thread of its own, so that none waits for another.

A job fails alone and is tried again alone, and none takes longer than its timeout
(`telemetry.workers.timed`). Two processes share the jobs by a lease on the row of each.
"""

from __future__ import annotations

import logging
import time

from prometheus_client import Counter, Gauge

from telemetry.job_runs import Turn
from telemetry.jobs import REGISTRY, Job, NotYet, registered
from telemetry.storage import errors
from telemetry.workers import timed
from telemetry.workers.backoff import Backoff
from telemetry.workers.timed import NAP, DatabaseAway, TimedThread

logger = logging.getLogger(__name__)

FIRST_RETRY, MAX_RETRY = 0.5, 10.0  # seconds between two tries of what failed
IDLE = 60.0  # seconds; a job that comes no more often gives its connection back meanwhile

_RUNS = Counter("pulseboard_maintenance_runs", "Jobs done", ["task"], registry=REGISTRY)
_FAILURES = Counter("pulseboard_maintenance_failures", "Jobs failed", ["task"], registry=REGISTRY)
_SECONDS = Counter("pulseboard_maintenance_seconds", "Time jobs took", ["task"], registry=REGISTRY)
_SUCCESS = Gauge(
    "pulseboard_maintenance_last_success_timestamp_seconds",
    "When a job last ended well in this process",
    ["task"],
    registry=REGISTRY,
)


class Maintenance:
    """Does each job when it is due, until `stop` is called; waits for a database that is away."""

    def __init__(self) -> None:
        # A plain flag: setting an Event in a signal handler can wait for a lock the interrupted
        # main thread holds.
        self.stopped = False
        self._away = DatabaseAway("maintenance")
        self.threads = [Keeper(job, self._away) for job in registered()]

    def readiness(self) -> dict[str, str]:
        return {"database": self._away.trouble()}

    def stop(self) -> None:
        self.stopped = True

    def run(self) -> None:
        """Raises `Stuck` when the process must be started again."""
        timed.run(self.threads, lambda: self.stopped)


class Keeper(TimedThread):
    """Keeps one job done."""

    def __init__(self, job: Job, away: DatabaseAway) -> None:
        super().__init__(job.name, job.timeout)
        self.job = job
        self.backoff = Backoff(FIRST_RETRY, max(MAX_RETRY, job.longest_retry))
        self._away = away
        self._turn = Turn(job)

    def work(self) -> None:
        while not self.stopping.is_set():
            self.turn()
            try:
                wait = self._once()
                self._away.note(up=True)
            except errors.ERRORS as exc:
                self._away.note(up=False, because=errors.complaint(exc))
                errors.reset_connection()
                wait = self.backoff.wait()
            if wait >= IDLE:
                errors.reset_connection()
            with self.waiting_for("its time"):
                self.stopping.wait(wait)

    def _once(self) -> float:
        """Do the job if it is due and ours; the seconds until it is to be looked at again."""
        if not self._turn.take():
            self.backoff.reset()
            return max(self._turn.wait(), NAP)
        began = time.monotonic()
        try:
            with self.timed():
                did = self.job.run()
        except Exception as exc:  # noqa: BLE001 (whatever it is, it is this job's alone)
            return self._failed(exc, time.monotonic() - began)
        seconds = time.monotonic() - began
        self._turn.succeeded(seconds, did)
        if self.backoff.failures:
            logger.info("the job %s works again", self.job.name)
        self.backoff.reset()
        if did and self.job.every >= IDLE:
            logger.info("%s: %s", self.job.name, did)
        _RUNS.labels(self.job.name).inc()
        _SECONDS.labels(self.job.name).inc(seconds)
        _SUCCESS.labels(self.job.name).set_to_current_time()
        return self.job.every

    def _failed(self, error: Exception, seconds: float) -> float:
        errors.reset_connection()  # it may be broken, or cancelled a moment too late
        if self.stopping.is_set():
            self._turn.let_go()
            return 0.0
        first, wait = not self.backoff.failures, self.backoff.wait()
        said = str(error) if isinstance(error, NotYet) else errors.complaint(error)
        if self.cancelled:
            said = f"cancelled after {self.job.timeout:g} s: {said}"
        self._turn.failed(seconds, said, wait)
        _FAILURES.labels(self.job.name).inc()
        if first:
            # With where it was raised, unless it passes by itself or a job says it on purpose.
            expected = isinstance(error, NotYet) or errors.is_temporary(error)
            shown = None if expected else error
            logger.warning("the job %s failed: %s", self.job.name, said, exc_info=shown)
        return wait


def do_everything() -> list[str]:
    """Each job once, now, in this thread; what went wrong, a line for each that failed."""
    failed = []
    for job in registered():
        try:
            job.run()
        except Exception as exc:
            logger.warning("the job %s failed", job.name, exc_info=exc)
            failed.append(f"{job.name}: {errors.complaint(exc)}")
    return failed
