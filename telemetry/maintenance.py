"""Runs the registered jobs: each in a thread of its own, so that none waits for another.

A job fails alone and is tried again alone. One that takes longer than its timeout has its statement
cancelled; one that does not end even then ends the process, which its supervisor starts again. Two
processes share the jobs by a lease on the row of each.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from prometheus_client import Counter, Gauge, ProcessCollector
from psycopg import Error as DriverError

from telemetry.errors import TelemetryError
from telemetry.job_runs import Turn
from telemetry.jobs import LOCK_MARGIN, REGISTRY, Job, NotYet, registered
from telemetry.storage import errors
from telemetry.workers.backoff import Backoff
from telemetry.workers.thread import WorkingThread

logger = logging.getLogger(__name__)

FIRST_RETRY, MAX_RETRY = 0.5, 10.0  # seconds between two tries of what failed
NAP = 0.2  # seconds between two looks at the stop flag and at the timeouts
IDLE = 60.0  # seconds; a job that comes no more often gives its connection back meanwhile
CANCEL_SECONDS = 5.0  # for the server to take note of a cancellation
END_SECONDS = 10.0  # for jobs in hand to end by themselves, when the process is to stop

ProcessCollector(registry=REGISTRY)
_RUNS = Counter("pulseboard_maintenance_runs", "Jobs done", ["task"], registry=REGISTRY)
_FAILURES = Counter("pulseboard_maintenance_failures", "Jobs failed", ["task"], registry=REGISTRY)
_SECONDS = Counter("pulseboard_maintenance_seconds", "Time jobs took", ["task"], registry=REGISTRY)
_SUCCESS = Gauge(
    "pulseboard_maintenance_last_success_timestamp_seconds",
    "When a job last ended well in this process",
    ["task"],
    registry=REGISTRY,
)


class Stuck(TelemetryError):
    """A job did not end though it was cancelled."""


class Maintenance:
    """Does each job when it is due, until `stop` is called; waits for a database that is away."""

    def __init__(self) -> None:
        # A plain flag: setting an Event in a signal handler can wait for a lock the interrupted
        # main thread holds.
        self._stopped = False
        self._away = threading.Lock()  # held while the database is away: it is said once
        self._keepers = [Keeper(job, self) for job in registered()]

    def readiness(self) -> dict[str, str]:
        return {"database": "it does not answer" if self._away.locked() else ""}

    def stop(self) -> None:
        self._stopped = True

    def run(self) -> None:
        """Raises `Stuck` when the process must be started again."""
        for keeper in self._keepers:
            keeper.start()
        while not self._stopped:
            for keeper in self._keepers:
                keeper.watch()
            time.sleep(NAP)
        for keeper in self._keepers:
            keeper.stopping.set()
        until = time.monotonic() + END_SECONDS
        for keeper in self._keepers:
            keeper.join(max(0.0, until - time.monotonic()))
        for keeper in self._keepers:
            if keeper.is_alive():
                keeper.cancel()
                keeper.join(CANCEL_SECONDS)

    def database_is(self, *, up: bool, because: object = "") -> None:
        if not up and self._away.acquire(blocking=False):
            logger.warning("maintenance waits for the database: %s", because)
        elif up and self._away.locked():
            with suppress(RuntimeError):  # another thread was first
                self._away.release()
                logger.info("maintenance goes on: the database is back")


class Keeper(WorkingThread):
    """Keeps one job done."""

    def __init__(self, job: Job, maintenance: Maintenance) -> None:
        super().__init__(job.name)
        self.job = job
        self.backoff = Backoff(FIRST_RETRY, MAX_RETRY)
        self._maintenance = maintenance
        self._turn = Turn(job)
        self._database: BaseDatabaseWrapper | None = None  # of the thread
        self._began: float | None = None  # monotonic seconds, while the job runs
        self._cancelled = False

    def work(self) -> None:
        self._database = connections[DEFAULT_DB_ALIAS]
        while not self.stopping.is_set():
            self.turn()
            try:
                wait = self._once()
                self._maintenance.database_is(up=True)
            except errors.ERRORS as exc:
                self._maintenance.database_is(up=False, because=errors.complaint(exc))
                errors.reset_connection()
                wait = self.backoff.wait()
            if wait >= IDLE:
                errors.reset_connection()
            with self.waiting_for("its time"):
                self.stopping.wait(wait)

    def leave(self) -> None:
        errors.reset_connection()

    def watch(self) -> None:
        """Cancel what takes too long. Raises `Stuck` when that did not help."""
        began = self._began
        if began is None:
            return
        seconds = time.monotonic() - began
        if seconds > self.job.timeout + LOCK_MARGIN / 2:
            raise Stuck(f"the job {self.job.name} has not ended after {seconds:.0f} s")
        if seconds > self.job.timeout and not self._cancelled:
            self._cancelled = True
            self.cancel()

    def cancel(self) -> None:
        """Have the server end the statement that runs. From any thread."""
        if self._database is not None and (driver := self._database.connection) is not None:
            with suppress(DriverError):
                driver.cancel_safe(timeout=CANCEL_SECONDS)

    def _once(self) -> float:
        """Do the job if it is due and ours; the seconds until it is to be looked at again."""
        if not self._turn.take():
            self.backoff.reset()
            return max(self._turn.wait(), NAP)
        self._cancelled, self._began = False, time.monotonic()
        try:
            with self.waiting_for("the job"):  # `watch` knows how long it may take
                did = self.job.run()
        except Exception as exc:  # noqa: BLE001 (whatever it is, it is this job's alone)
            return self._failed(exc, time.monotonic() - self._began)
        finally:
            began, self._began = self._began, None
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
        if self._cancelled:
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
