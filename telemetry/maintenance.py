"""The recurring jobs of the store: partitions ahead, rollups, retention, compression.

Run by `manage.py maintain`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.db import Error as DatabaseError
from django.utils import timezone
from prometheus_client import CollectorRegistry, Counter, ProcessCollector

from telemetry import quarantine
from telemetry.storage import errors, partitions, retention, rollups, timescale
from telemetry.workers.backoff import Backoff

logger = logging.getLogger(__name__)

FIRST_RETRY, MAX_RETRY = 0.5, 10.0  # seconds between two tries while the database is away
NAP = 0.2  # seconds between two looks at the stop flag


def make_partitions() -> None:
    if made := partitions.ensure(timezone.now()):
        logger.info("partitions made: %s", ", ".join(made))


def roll_up() -> None:
    rollups.run_once(timezone.now())


def purge() -> None:
    purged = retention.purge(timezone.now())
    if any((purged.partitions, purged.rollups, purged.series_rows)):
        logger.info("retention removed %s", purged)


def trim_quarantine() -> None:
    if removed := quarantine.trim(timezone.now()):
        logger.info("quarantined messages removed: %d", removed)


def freeze() -> None:
    if frozen := partitions.freeze(timezone.now()):
        logger.info("partitions frozen: %s", ", ".join(frozen))


def compress() -> None:
    if not timescale.in_use():
        return
    if chunks := timescale.compress(timezone.now(), lock_wait=partitions.LOCK_WAIT):
        logger.info("chunks compressed: %s", ", ".join(chunks))


# Seconds between two runs of a job.
EVERY: dict[Callable[[], None], float] = {
    make_partitions: 600.0,
    roll_up: 2.0,
    purge: 3600.0,
    trim_quarantine: 60.0,  # a flood of messages that are no good comes at any rate
    # After the purge: what goes needs neither.
    freeze: 3600.0,
    compress: 3600.0,
}


def do_everything() -> None:
    """Each job once, now."""
    for job in EVERY:
        job()


class Maintenance:
    """Does each job when it is due, until `stop` is called; waits for a database that is away."""

    def __init__(self) -> None:
        self._due = dict.fromkeys(EVERY, 0.0)
        self._backoff = Backoff(FIRST_RETRY, MAX_RETRY)
        # A plain flag: setting an Event in a signal handler can wait for a lock the interrupted
        # main thread holds.
        self._stopped = False
        self.registry = CollectorRegistry()
        self._runs = Counter(
            "pulseboard_maintenance_runs", "Jobs done", ["task"], registry=self.registry
        )
        self._seconds = Counter(
            "pulseboard_maintenance_seconds", "Time jobs took", ["task"], registry=self.registry
        )
        ProcessCollector(registry=self.registry)

    def readiness(self) -> dict[str, str]:
        return {"database": "it does not answer" if self._backoff.failures else ""}

    def stop(self) -> None:
        self._stopped = True

    def run(self) -> None:
        while not self._stopped:
            try:
                self._do_due()
            except DatabaseError as exc:
                if not errors.is_temporary(exc):
                    raise
                self._wait(self._failed(exc))
                continue
            if self._backoff.failures:
                logger.info("maintenance goes on after %d failures", self._backoff.failures)
            self._backoff.reset()
            self._wait(min(self._due.values()) - time.monotonic())

    def _do_due(self) -> None:
        for job, at in self._due.items():
            if time.monotonic() >= at and not self._stopped:
                began = time.monotonic()
                job()
                self._runs.labels(job.__name__).inc()
                self._seconds.labels(job.__name__).inc(time.monotonic() - began)
                self._due[job] = time.monotonic() + EVERY[job]

    def _failed(self, error: DatabaseError) -> float:
        """Note a failure; the seconds until the next try."""
        if not self._backoff.failures:
            logger.warning("maintenance waits for the database: %s", error)
        errors.reset_connection()
        return self._backoff.wait()

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._stopped and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, NAP))
