"""Runs the registered followers: each in a thread of its own, so that none waits for another.

A step that raises is said once, noted in the follower's row, and tried again with backoff. No step
takes longer than its timeout (`telemetry.workers.timed`).
"""

from __future__ import annotations

import logging
import time

from prometheus_client import Counter, Gauge

from telemetry import follower_runs
from telemetry.followers import REGISTRY, Follower, Work, registered
from telemetry.storage import errors
from telemetry.workers import timed
from telemetry.workers.backoff import Backoff
from telemetry.workers.timed import DatabaseAway, TimedThread

logger = logging.getLogger(__name__)

FIRST_RETRY, MAX_RETRY = 0.2, 5.0  # seconds between two tries of a step that failed
NOTED_EVERY = 2.0  # seconds between two notes that a follower works

_SECONDS = Counter(
    "pulseboard_follower_busy_seconds", "Time its steps took", ["follower"], registry=REGISTRY
)
_FAILURES = Counter(
    "pulseboard_follower_failures", "Steps that failed", ["follower"], registry=REGISTRY
)
_SUCCESS = Gauge(
    "pulseboard_follower_last_success_timestamp_seconds",
    "When a step last ended well in this process",
    ["follower"],
    registry=REGISTRY,
)


class Following:
    """Takes the steps of each follower, until `stop` is called; waits for a database that is
    away."""

    def __init__(self) -> None:
        self.stopped = False  # a plain flag, as in `telemetry.maintenance`
        self._away = DatabaseAway("the engine")
        self.threads = [FollowerThread(follower, self._away) for follower in registered()]

    def readiness(self) -> dict[str, str]:
        """The database, and each follower by name: what its last step failed with."""
        return {"database": self._away.trouble()} | {
            thread.name: thread.failing for thread in self.threads
        }

    def stop(self) -> None:
        self.stopped = True

    def run(self) -> None:
        """Raises `Stuck` when the process must be started again."""
        timed.run(self.threads, lambda: self.stopped)


class FollowerThread(TimedThread):
    """Takes one follower's steps."""

    def __init__(self, follower: Follower, away: DatabaseAway) -> None:
        super().__init__(follower.name, follower.timeout)
        self.failing = ""  # what the last step failed with, "" for a good one
        self._follower = follower
        self._away = away
        self._backoff = Backoff(FIRST_RETRY, MAX_RETRY)
        self._work: Work | None = None
        self._noted_at = -NOTED_EVERY  # monotonic seconds

    def work(self) -> None:
        while not self.stopping.is_set():
            self.turn()
            wait = self._once()
            if wait > 0:
                with self.waiting_for("its time"):
                    self.stopping.wait(wait)

    def leave(self) -> None:
        try:
            if self._work is not None:
                self._work.close()
        finally:
            super().leave()

    def _once(self) -> float:
        """Take a step; the seconds until the next one."""
        began = time.monotonic()
        try:
            with self.timed():
                if self._work is None:
                    self._work = self._follower.begin()
                wait = self._work.step()
                self._note_worked(began)
        except Exception as exc:  # noqa: BLE001 (whatever it is, it is this follower's alone)
            if self.stopping.is_set():
                return 0.0
            return self._failed(exc)
        self._away.note(up=True)
        if self.failing:
            logger.info("the follower %s works again", self.name)
        self.failing = ""
        self._backoff.reset()
        _SECONDS.labels(self.name).inc(time.monotonic() - began)
        _SUCCESS.labels(self.name).set_to_current_time()
        return wait

    def _note_worked(self, now: float) -> None:
        if now - self._noted_at >= NOTED_EVERY or self.failing:
            follower_runs.worked(self.name)
            self._noted_at = now

    def _failed(self, error: Exception) -> float:
        errors.reset_connection()  # it may be broken, or cancelled a moment too late
        said = errors.complaint(error)
        if self.cancelled:
            said = f"cancelled after {self.timeout:g} s: {said}"
        wait = self._backoff.wait()
        _FAILURES.labels(self.name).inc()
        try:
            follower_runs.failed(self.name, said)
            self._away.note(up=True)
        except errors.ERRORS as exc:
            self._away.note(up=False, because=errors.complaint(exc))
            errors.reset_connection()
            self.failing = self.failing or said
            return wait
        if not self.failing:
            expected = isinstance(error, errors.ERRORS) and errors.is_temporary(error)
            logger.warning(
                "the follower %s failed: %s", self.name, said, exc_info=None if expected else error
            )
        self.failing = said
        return wait
