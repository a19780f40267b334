"""One bridge worker: its threads, how they are wired, and what it says of itself.

network thread (source, intake) -> inbox -> writer -> committer -> store
                                                \\-> spool -> committer
"""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from bridge.commit.committer import TICK, CommitCounters, Committer
from bridge.commit.inbox import Inbox
from bridge.commit.spool import Spool
from bridge.commit.writer import Writer, WriterCounters
from bridge.intake.columns import Intake
from bridge.intake.memory import Memory
from bridge.mqtt.connection import KEEPALIVE, Broker, Source
from bridge.publish.live import LivePublisher
from bridge.publish.outcomes import Outcomes
from bridge.quarantine import late_registration
from telemetry.live import contract
from telemetry.moments import now_us
from telemetry.workers import worker_state

COLLECT_AFTER = 100_000  # containers made and not freed before the collector looks
DELIVERIES_KEPT = 20 * KEEPALIVE  # seconds; by then a live connection has carried every ack over


@dataclass(frozen=True, slots=True)
class SpoolPlace:
    """Where a worker keeps its spool, and how large it may grow (bytes)."""

    folder: Path
    limit: int


class NameTaken(Exception):
    """Two processes must not share a broker session; this one gives way."""


class Worker:
    """Everything that runs under one MQTT session."""

    def __init__(self, name: str, broker: Broker, spool: SpoolPlace, group: str = "") -> None:
        """Raises `bridge.commit.spool.SpoolBusy` when this worker runs already."""
        self.name = name
        self._began = datetime.now(UTC)
        self._memory = Memory.nothing()
        self.inbox = Inbox()
        self.spool = Spool(spool.folder / f"{name}.sqlite", spool.limit)
        self.inbox.recover(self.spool.messages)
        self.source = Source(broker, self.inbox, Intake(self._memory), group=group)
        self._outcomes = Outcomes(self.source.notify)
        devices = self._memory.series.device_of
        self.publisher = LivePublisher(name, devices, tell_each_second=self._pipeline)
        self.committer = Committer(
            name,
            inbox=self.inbox,
            spool=self.spool,
            publisher=self.publisher,
            outcomes=self._outcomes,
            memory=self._memory,
            write_status=self._write_status,
        )
        self.writer = Writer(
            self.inbox,
            self.source,
            committer=self.committer,
            spool=self.spool,
            publisher=self.publisher,
        )

    def run(self) -> None:
        """Bridge until `source.stop()`, then finish what was received and end every thread.

        Raises `NameTaken` when another process bridges under this name. Nothing is taken from the
        broker before the database has told that, and what a redelivery would look like.
        """
        # What is loaded now stays for good: let the cyclic collector neither walk it again nor
        # start as often as tens of thousands of short-lived messages a second would have it.
        gc.freeze()
        gc.set_threshold(COLLECT_AFTER)
        for thread in (self._outcomes, self.publisher, self.committer, self.writer):
            thread.start()
        while not self.committer.prepared.wait(TICK) and not self._is_ending():
            pass
        self.source.session.expected = self.committer.known_before
        self.source.run(give_up=self.committer.evicted.is_set)
        for thread in (self.writer, self.committer, self._outcomes, self.publisher):
            thread.stop()
        if not self.committer.is_alive():
            self.spool.close()
        if self.committer.evicted.is_set():
            raise NameTaken(f"another process bridges as {self.name}")

    def _is_ending(self) -> bool:
        return self.source.is_stopping or self.committer.evicted.is_set()

    def snapshot(self) -> dict[str, int]:
        """All counters of this worker; docs/live-protocol.md names them."""
        oldest = self.inbox.oldest_received_us()
        lag_us = max(0, now_us() - oldest) if oldest is not None else 0
        source, publisher = self.source.counters, self.publisher.counters
        return {
            **self.inbox.books(),
            **_as_dict(self.committer.counters),
            **_as_dict(self.writer.counters),
            "connected": source.connected,
            "reconnects": source.reconnects,
            "session_lost": source.session_lost,
            "notices_dropped": source.notices_dropped,
            "lag_ms": lag_us // 1_000,
            "live_frames": publisher.frames,
            "live_dropped": publisher.dropped,
        }

    def readiness(self) -> dict[str, bool]:
        """What the worker needs to take and keep messages."""
        return {
            "broker": bool(self.source.counters.subscribed),
            "caches": self.committer.prepared.is_set(),
            "room": bool(self.committer.counters.database_up)
            or not self.writer.counters.spool_full,
        }

    def _pipeline(self) -> dict[str, object]:
        now_ms = now_us() // 1_000
        return contract.event("pipeline", worker=self.name, at=now_ms, counters=self.snapshot())

    def _write_status(self) -> None:
        worker_state.write_counters(self.name, self._began, self.snapshot())
        late_registration.replay(self._memory.registry)
        since = self.source.session.connected_since
        if since is not None and time.monotonic() - since > DELIVERIES_KEPT:
            worker_state.forget_deliveries(self.name, DELIVERIES_KEPT)


def _as_dict(counters: CommitCounters | WriterCounters) -> dict[str, int]:
    return {each.name: getattr(counters, each.name) for each in fields(counters)}
