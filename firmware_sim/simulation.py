"""The whole fleet from start to closing report: who measures when, and the orderly end."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable

from firmware_sim.connection import Broker
from firmware_sim.device import Device, backfill_step, total_waiting
from firmware_sim.faults import DeviceFaults
from firmware_sim.fleet import Identity
from firmware_sim.history_mark import first_start, history_end
from firmware_sim.incidents import OPENING, Incidents
from firmware_sim.ledger import Ledger
from firmware_sim.loop import Loop
from firmware_sim.options import Options
from firmware_sim.outbox import MAX_FLEET_SAMPLES, MAX_SAMPLES, MIN_SAMPLES, Outbox
from firmware_sim.report import closing_report, status_line
from firmware_sim.session import Session, Surroundings
from firmware_sim.tally import Tally

CONNECTS_PER_SECOND = 400.0  # new connections at the start
STATUS_EVERY = 10.0  # seconds between two status lines
FLUSH_WITHIN = 5.0  # seconds to send what is waiting when told to stop
FAREWELL_WITHIN = 2.0  # seconds for the last status messages after that
MAX_BEHIND = 1.0  # seconds a measurement may be late before it is skipped


class Simulation:
    """Runs `fleet` against the broker of `options`."""

    def __init__(self, fleet: list[Identity], options: Options) -> None:
        self._options = options
        self._start = first_start(options.backfill_mark, time.time())
        self._tally = Tally()
        self._loop = Loop()
        self._ledger = Ledger(options.ledger) if options.ledger else None
        rng = random.Random()  # noqa: S311 - spreads reconnects; no secret
        broker = Broker.parse(options.mqtt, options.protocol)
        self._around = Surroundings(self._loop, broker, self._tally, self._ledger, rng)
        self.sessions = [Session(self._device(one, len(fleet)), self._around) for one in fleet]
        self._started = self._loop.now()
        self._said = (self._started, 0)  # time and messages of the last status line
        self._measuring = True
        self._history_end: float | None = None  # Unix seconds; None: no history

    def run(self) -> dict[str, object]:
        """Until the duration is over or a signal says stop; returns the closing report."""
        loop = self._loop
        loop.catch_signals()
        if self._options.backfill > 0.0:
            self._history_end = history_end(self._start, time.time())
        for index, session in enumerate(self.sessions):
            loop.after(index / CONNECTS_PER_SECOND, self._starter(session, index))
        loop.every(1.0, self._tend)
        loop.every(STATUS_EVERY, self._say)
        loop.after(1.0, self._say)
        duration = self._options.duration
        end = self._started + duration if duration is not None else float("inf")
        loop.run_until(lambda: loop.signals > 0 or loop.now() >= end)
        elapsed = loop.now() - self._started
        online = self._around.online
        self._stop()
        return closing_report(
            self._tally,
            devices=len(self.sessions),
            connected=online,
            waiting=total_waiting(session.device for session in self.sessions),
            elapsed=elapsed,
        )

    def _device(self, identity: Identity, fleet_size: int) -> Device:
        options = self._options
        # The other faults are of Pulseboard's own telemetry.
        faults = options.faults
        if identity.dialect is not None:
            faults = tuple(name for name in faults if name == "offline")
        share = max(MIN_SAMPLES, MAX_FLEET_SAMPLES // fleet_size)
        return Device(
            identity,
            identity.model(options.seed, identity.uid, self._incidents(identity)),
            faults=DeviceFaults(options.seed, identity.uid, faults, factor=options.fault_factor),
            outbox=Outbox(min(MAX_SAMPLES, share)),
            tally=self._tally,
        )

    def _incidents(self, identity: Identity) -> Incidents | None:
        options = self._options
        names = set(options.incidents) & set(identity.model.incidents)
        if not names:
            return None
        return Incidents(
            options.seed,
            identity.uid,
            names,
            start=self._start,
            factor=options.incident_factor,
            opening=OPENING.get((identity.model.kind, identity.number), ()),
        )

    def _starter(self, session: Session, index: int) -> Callable[[], None]:
        """What starts one device: its history, its connection, its measuring."""
        samples_per_message = 2 if session.device.identity.is_paired else 1
        interval = 1.0 / (self._options.rate * samples_per_message)
        phase = interval * index / len(self.sessions)

        def start() -> None:
            if not self._measuring:
                return
            self._make_history(session.device, index)
            session.connect()
            self._schedule(session, self._loop.now() + phase, interval)
            if (first := session.device.faults.offline_in()) is not None:
                self._loop.after(first, session.burst)

        return start

    def _make_history(self, device: Device, index: int) -> None:
        if self._history_end is None or device.identity.dialect is not None:
            return
        end = self._history_end + index / CONNECTS_PER_SECOND  # when it starts to measure
        span = 60.0 * self._options.backfill
        step = backfill_step(len(self.sessions), span, 1.0 / self._options.rate)
        device.backfill(end - span, end, step)

    def _schedule(self, session: Session, due: float, interval: float) -> None:
        """Measure at `due` and each `interval` after it, on a grid that does not drift."""

        def tick() -> None:
            nonlocal due
            if not self._measuring:
                return
            pause = session.device.measure(time.time(), connected=session.online)
            if pause is None:
                session.pump()
            else:
                self._release_later(session, max(session.device.held), pause)
            due += interval
            behind = self._loop.now() - due
            if behind > MAX_BEHIND:
                skipped = int(behind / interval)
                self._tally.ticks_skipped += skipped
                due += skipped * interval
            self._loop.at(due, tick)

        self._loop.at(due, tick)

    def _release_later(self, session: Session, at: int, pause: float) -> None:
        def release() -> None:
            session.device.release(at)
            session.pump()

        self._loop.after(pause, release)

    def _stop(self) -> None:
        """Stop measuring, send what is waiting, say goodbye, close."""
        self._measuring = False
        hurry = self._loop.signals + 1  # one signal more ends at once
        for session in self.sessions:
            session.device.release_all()
            session.end_burst()
            session.pump()
        self._run_within(FLUSH_WITHIN, lambda: all(one.idle for one in self.sessions), hurry)
        for session in self.sessions:
            session.say_offline()
        self._run_within(FAREWELL_WITHIN, self._all_ended, hurry)
        for session in self.sessions:
            session.give_up()
        self._loop.close()
        if self._ledger is not None:
            self._ledger.close()

    def _all_ended(self) -> bool:
        for session in self.sessions:
            session.close_if_said()
        return all(session.ended for session in self.sessions)

    def _run_within(self, seconds: float, done: Callable[[], bool], hurry: int) -> None:
        end = self._loop.now() + seconds
        self._loop.run_until(
            lambda: done() or self._loop.now() >= end or self._loop.signals > max(hurry, 1)
        )

    def _tend(self) -> None:
        for session in self.sessions:
            session.tend()
        if self._ledger is not None:
            self._ledger.flush()

    def _say(self) -> None:
        now, sent = self._loop.now(), self._tally.messages_sent
        since, sent_before = self._said
        self._said = (now, sent)
        line = status_line(
            self._around.online,
            len(self.sessions),
            rate=(sent - sent_before) / max(0.001, now - since),
            waiting=sum(session.device.outbox.samples for session in self.sessions),
            failure=self._around.last_failure,
        )
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
