"""One bridge worker: its threads, how they are wired, and what it says of itself.

network thread (source, intake) -> inbox -> writer -> committer -> store
                                                \\-> spool -> committer

docs/threads.md says which thread may call what.
"""

from __future__ import annotations

import faulthandler
import gc
import logging
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from django.conf import settings

from bridge.commit.committer import CommitCounters, Committer
from bridge.commit.inbox import Inbox
from bridge.commit.spool import Spool
from bridge.commit.writer import Writer, WriterCounters
from bridge.errors import BridgeError
from bridge.http import process
from bridge.intake.columns import Intake
from bridge.intake.instants import REACH_US, Instants
from bridge.intake.memory import Memory
from bridge.mqtt.broker import Broker
from bridge.mqtt.connection import Source
from bridge.mqtt.network import Network
from bridge.mqtt.subscriptions import Subscriptions
from bridge.noted_session import NotedSession
from bridge.publish.live import LivePublisher
from bridge.publish.mirror.mirror import Mirror
from bridge.publish.outcomes import Outcomes
from bridge.publish.traffic import Traffic
from bridge.quarantine.late_registration import LateRegistration
from bridge.thingsboard import listener as thingsboard
from devices import clock
from devices.clock import now_us
from devices.flooding import Flood, keep_out
from telemetry.live import contract
from telemetry.moments import from_us
from telemetry.workers import broker_session, past, thread, worker_state

logger = logging.getLogger(__name__)

COLLECT_AFTER = 100_000  # containers made and not freed before the collector looks
ACKNOWLEDGED_WITHIN = 10.0  # seconds from taking a batch to its acknowledgement, when all is well
STUCK_LOOKS = 60  # looks in a row, a second apart, at which a thread stands still
STUCK = 70  # exit status of a process whose threads stand still


@dataclass(frozen=True, slots=True)
class SpoolPlace:
    """Where a worker keeps its spool, and how large it may grow (bytes)."""

    folder: Path
    limit: int


class NameTaken(BridgeError):
    """Two processes must not share a broker session; this one gives way."""


class Worker:
    """Everything that runs under one MQTT session."""

    def __init__(
        self,
        name: str,
        broker: Broker,
        spool: SpoolPlace,
        group: str = "",
        *,
        retire: bool = False,
    ) -> None:
        """`retire`: empty its session, end it, and leave nothing of the worker behind.

        Raises `bridge.commit.spool_lock.SpoolBusy` when this worker runs already."""
        self.name = name
        self._began = clock.count_us()
        self._forgotten = -1  # up to which serial deliveries are forgotten in the database
        self.inbox = Inbox()
        self.spool = Spool(spool.folder / f"{name}.sqlite", spool.limit)
        self._memory = Memory.nothing(Instants(self.spool.owner, REACH_US))
        intake = Intake(self._memory)
        self._allowance = intake.allowance
        self.source = Source(broker, self.inbox, intake, Subscriptions((), group), retiring=retire)
        self._noted = NotedSession(name, group, self.source)
        self._outcomes = Outcomes(self.source.outbound.notify, Traffic(name))
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
            self.source.outbound,
            committer=self.committer,
            spool=self.spool,
            publisher=self.publisher,
        )
        self.network = Network(self.source, self.committer)
        self.committer.before_first_batch = self._begin
        self.committer.keep_out = self._keep_out_who_floods
        self._late = LateRegistration()
        self._mirror = Mirror(self.source, self.spool.owner)
        where = None if retire else settings.THINGSBOARD
        self._listener = thingsboard.Listener(Broker(**asdict(where))) if where else None

    def run(self) -> None:
        """Bridge until `source.stop()`, then finish what was received and end every thread.

        Raises `NameTaken` when another process bridges under this name. Nothing is taken from the
        broker before the database has told that, and what a redelivery would look like.
        """
        # What is loaded now stays for good: let the cyclic collector neither walk it again nor
        # start as often as tens of thousands of short-lived messages a second would have it.
        gc.freeze()
        gc.set_threshold(COLLECT_AFTER)
        for each in (
            self._outcomes, self.publisher, self._late, self._mirror, self.committer, self.writer
        ):  # fmt: skip
            each.start()
        self.network.start()
        if self._listener is not None:
            self._listener.start()
        self._watch()
        if self._listener is not None:
            self._listener.stop()
            process.stop()
        for each in (
            self.writer, self.committer, self._mirror, self._late, self._outcomes, self.publisher
        ):  # fmt: skip
            each.stop()
        if not self.committer.is_alive():
            self.spool.close()
        if self.source.session.empty:
            broker_session.forget(self.name)
            worker_state.forget(self.name)
        if self.committer.evicted.is_set():
            raise NameTaken(f"another process bridges as {self.name}")

    def _begin(self, known: bool) -> None:
        """`known`: the worker has run before. Raises what the database raises."""
        self._noted.open(known=known)
        self._allowance.was_away(worker_state.ages().get(self.name, 0.0))

    def _watch(self) -> None:
        """Wait for the network thread. Ends the process when a thread stands still for good, for
        whoever started it to start it again: what is not acknowledged comes again."""
        looks = 0  # of our own, so that a process that was frozen does not take itself for stuck
        while self.network.is_alive():
            self.network.join(1.0)
            stuck = [each for each in thread.running() if each.stands_still]
            looks = looks + 1 if stuck else 0
            if looks >= STUCK_LOOKS:
                names = ", ".join(each.name for each in stuck)
                logger.critical("standing still: %s", names, extra={"action": "thread_stuck"})
                faulthandler.dump_traceback(all_threads=True)
                os._exit(STUCK)

    def snapshot(self) -> dict[str, int]:
        """All counters of this worker; docs/live-protocol.md names them."""
        oldest = self.inbox.oldest_received_us()
        held = max(0, now_us() - oldest) if oldest is not None else 0
        source, publisher = self.source.counters, self.publisher.counters
        return {
            **self.inbox.books(),
            **_as_dict(self.committer.counters),
            **_as_dict(self.writer.counters),
            "database_up": int(not self.committer.database.trouble()),
            "clock_ahead_ms": clock.ahead_ms(),
            "connected": source.connected,
            "connected_for_ms": self.source.connected_for_ms(),
            "reconnects": source.reconnects,
            "session_lost": source.session_lost,
            "notices_dropped": self.source.outbound.notices_dropped,
            "lag_ms": max(held // 1_000, round(self.source.behind() * 1_000)),
            "live_frames": publisher.frames,
            "live_dropped": publisher.dropped,
            **thingsboard.counters(self._listener),
        }

    def snapshots(self) -> dict[str, dict[str, int]]:
        """Those of whatever takes messages in this process, by name."""
        return {self.name: self.snapshot(), **process.snapshots()}

    def readiness(self) -> dict[str, str]:
        """What the worker needs to take messages and make them durable, and what is wrong with
        each; "" for nothing."""
        held = self.writer.holds_for()
        listener = self._listener
        return {
            "broker": "" if self.source.session.subscriber.granted else "not subscribed",
            "caches": self.committer.preparation_trouble(),
            "database": self.committer.database.trouble(),
            "spool": self.spool.trouble,
            "instants": "" if self._memory.instants.available else "no lane has room",
            "acknowledging": (
                f"nothing was acknowledged for {held:.0f} s" if held > ACKNOWLEDGED_WITHIN else ""
            ),
            **({"thingsboard": listener.trouble_of_port()} if listener is not None else {}),
        }

    def _pipeline(self) -> dict[str, object]:
        now_ms = now_us() // 1_000
        return contract.event("pipeline", worker=self.name, at=now_ms, counters=self.snapshot())

    def _write_status(self) -> None:
        counters = self.snapshot()
        worker_state.write_counters(self.name, from_us(clock.when_us(self._began)), counters)
        past.note(
            self.name, self._memory.deliveries.process, clock.count_us() - self._began, counters
        )
        self._late.take(self._memory.registry)
        self._noted.keep()
        deliveries = self._memory.deliveries
        if deliveries.confirmed > self._forgotten:
            confirmed = deliveries.confirmed
            worker_state.forget_deliveries(self.name, deliveries.process, confirmed)
            self._forgotten = confirmed

    def _keep_out_who_floods(self) -> None:
        """Raises what the database raises."""
        floods = [
            Flood(topic.decode(errors="replace").replace("\0", ""), uid)
            for topic, uid in self._allowance.flooding()
            if isinstance(topic, bytes)
        ]
        for name, topics in keep_out(floods) if floods else ():
            logger.warning(
                "it floods: the broker is asked to keep it out",
                extra={"action": "device_paused", "uid": name, "topics": sorted(topics)},
            )


def _as_dict(counters: CommitCounters | WriterCounters) -> dict[str, int]:
    return {each.name: getattr(counters, each.name) for each in fields(counters)}
