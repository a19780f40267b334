"""Up to when everything that devices sent is committed, and judged by nobody's silence.

A bridge that is away or behind, a transaction that stays open, a database that hung: all of them
look like silent devices and are not. `telemetry.live.knowledge` decides, as it does for pages; here
it is told what workers leave in the database.
"""

from __future__ import annotations

from datetime import datetime

from alerts.engine.target import Moment
from telemetry.live.knowledge import Knowledge
from telemetry.moments import to_ms
from telemetry.storage import commit_log
from telemetry.worker_counts import IngestWorker
from telemetry.workers import worker_state


class Known:
    """Ask `refresh` now and then, `moment` before each step."""

    def __init__(self, now_us: int) -> None:
        self._knowledge = Knowledge(now_us // 1_000)
        self._told: dict[str, datetime] = {}

    def refresh(self, now_us: int) -> None:
        """Read what workers say of themselves."""
        for worker in IngestWorker.objects.order_by("updated_at"):
            if self._told.get(worker.name) != worker.updated_at:
                self._told[worker.name] = worker.updated_at
                at = min(to_ms(worker.updated_at), now_us // 1_000)
                self._knowledge.told(worker.name, worker.counters, at)
        self._knowledge.recorded(worker_state.ages(), now_us // 1_000)

    def moment(self, now_us: int, reader: str) -> tuple[Moment, float]:
        """For one step of a reader of the commit log, and how many seconds it is behind."""
        until_ms, _ = self._knowledge.at(now_us // 1_000, linked=True)
        commits, seconds = commit_log.backlog(reader)
        known = min(now_us, until_ms * 1_000)
        if commits:
            known = min(known, now_us - round(seconds * 1e6))
        return Moment(now_us, known), seconds if commits else 0.0
