"""One simulated device: it measures, keeps what is not acknowledged, and has its faults."""

from __future__ import annotations

from collections.abc import Iterable

from firmware_sim.dialects.publication import Publication
from firmware_sim.faults import DeviceFaults
from firmware_sim.fleet import Identity
from firmware_sim.models import Model
from firmware_sim.outbox import Entry, Outbox, Purpose
from firmware_sim.payload import UNSTAMPED, Sample, encode
from firmware_sim.tally import Tally

# Seconds between two samples of the time before the start: the finest that keeps the fleet within
# MAX_BACKFILL_SAMPLES, and no finer than it measures.
BACKFILL_STEPS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
MAX_BACKFILL_SAMPLES = 40_000  # of the whole fleet


def backfill_step(devices: int, span: float, interval: float) -> float:
    """Seconds between two samples of `span` seconds of history of so many devices."""
    finest = max(interval, devices * span / MAX_BACKFILL_SAMPLES)
    return next((step for step in BACKFILL_STEPS if step >= finest), BACKFILL_STEPS[-1])


class Device:
    """The device without its connection: times come in as parameters, entries go out."""

    def __init__(
        self,
        identity: Identity,
        model: Model,
        *,
        faults: DeviceFaults,
        outbox: Outbox,
        tally: Tally,
    ) -> None:
        self.identity = identity
        self.uid = identity.uid
        self.faults = faults
        self.outbox = outbox
        self.held: dict[int, Sample] = {}  # late samples by their true time
        self._model = model
        self._tally = tally
        self._last_at = 0  # ms; two samples never share a time
        self._last_ts = -1
        self._half: Sample | None = None  # first of the two a stamped array is made of

    def backfill(self, start: float, end: float, step: float) -> None:
        """Measure the time from `start` to `end` (Unix seconds) each `step` into the outbox."""
        # On a grid of its own, so that a restart repeats the same times and stores nothing twice.
        start -= start % step
        count = max(0, int((end - start) / step))
        self.outbox.capacity += count
        for index in range(count):
            sample = self._sample(start + index * step)
            self._tally.samples_backfilled += 1
            self._put(Entry(Purpose.STORED, (sample,)))

    def measure(self, at: float, *, connected: bool) -> float | None:
        """Take one measurement at `at` (Unix seconds) into the outbox.

        Returns how many seconds it is held back instead, when that fault strikes; `release` sends
        it. A malformed message of the fault of that name follows it by itself.
        """
        sample = self._sample(at)
        pause = self.faults.held_back()
        if pause is not None:
            self.held[sample.at] = sample
            return pause
        purpose = Purpose.FRESH if connected else Purpose.STORED
        if self.identity.is_paired and connected:
            self._pair(sample)
        else:
            self._put(Entry(purpose, (sample,)))
        if connected and (payload := self.faults.malformed(sample.ts)) is not None:
            self._put(Entry(Purpose.MALFORMED, payload=payload))
        return None

    def release(self, at: int) -> None:
        """Send the held back sample of the true time `at` (ms), if it still is."""
        sample = self.held.pop(at, None)
        if sample is not None:
            self._put(Entry(Purpose.LATE, (sample,)))

    def release_all(self) -> None:
        """Nothing more will be measured: everything kept for later goes to the outbox."""
        self._flush_half()
        for at in sorted(self.held):
            self.release(at)

    def payload(self, entry: Entry) -> bytes:
        """The bytes of `entry`, kept on it."""
        if entry.payload is None:
            fresh = entry.purpose is Purpose.FRESH
            entry.payload = encode(entry.samples, self.identity.form, fresh=fresh)
        return entry.payload

    def publications(self, entry: Entry) -> list[Publication]:
        """The messages of `entry`; none where a dialect has no words for what is past."""
        dialect = self.identity.dialect
        if dialect is None:
            return [Publication(f"devices/{self.uid}/telemetry", self.payload(entry))]
        if entry.purpose is not Purpose.FRESH and not dialect.STAMPED:
            return []
        return [
            publication
            for sample in entry.samples
            for publication in dialect.readings(self.identity, sample.values, sample.ts / 1000.0)
        ]

    def greetings(self) -> list[Publication]:
        """What it says once it is connected."""
        if self.identity.dialect is not None:
            return self.identity.dialect.announce(self.identity)
        return [Publication(f"devices/{self.uid}/status", b"online", retain=True)]

    def will(self) -> Publication | None:
        """What the broker says when it is gone, and it itself at a clean end."""
        if self.identity.dialect is not None:
            return self.identity.dialect.will(self.identity)
        return Publication(f"devices/{self.uid}/status", b"offline", retain=True)

    def lost(self, entry: Entry) -> None:
        """`entry` cannot be told any more."""
        self.outbox.settle(entry)
        self._tally.samples_dropped += len(entry.samples)

    def acked(self, entry: Entry) -> None:
        """The broker has `entry`."""
        self.outbox.settle(entry)
        if not entry.measures:
            return
        self._tally.samples_acked += len(entry.samples)
        self._tally.readings_acked += sum(len(one.values) for one in entry.samples)
        if self.faults.repeats():
            self._put(Entry(Purpose.DUPLICATE, entry.samples, self.payload(entry)))

    def refused(self, entry: Entry) -> None:
        """The broker will never take `entry`; keeping it would block all after it."""
        self.outbox.settle(entry)
        if entry.measures:
            self._tally.samples_refused += len(entry.samples)

    def stamped(self, entry: Entry) -> bool:
        """Whether the message of `entry` tells the time of its samples."""
        if self.identity.dialect is not None:
            return self.identity.dialect.STAMPED
        if entry.purpose is Purpose.DUPLICATE:
            return b'"ts"' in (entry.payload or b"")
        return entry.purpose is not Purpose.FRESH or self.identity.form not in UNSTAMPED

    @property
    def waiting(self) -> int:
        """Samples not acknowledged yet."""
        return self.outbox.samples + len(self.held) + (self._half is not None)

    def _sample(self, at: float) -> Sample:
        self._last_at = max(self._last_at + 1, int(at * 1000))
        self._last_ts = max(self._last_ts + 1, int(self.faults.clock(at) * 1000))
        self._tally.samples_produced += 1
        return Sample(self._last_at, self._last_ts, self._model.measure(self._last_at / 1000.0))

    def _pair(self, sample: Sample) -> None:
        if self._half is None:
            self._half = sample
            return
        first, self._half = self._half, None
        self._put(Entry(Purpose.FRESH, (first, sample)))

    def _flush_half(self) -> None:
        if self._half is not None:
            sample, self._half = self._half, None
            self._put(Entry(Purpose.STORED, (sample,)))

    def _put(self, entry: Entry) -> None:
        if entry.measures and entry.purpose is not Purpose.FRESH:
            self._flush_half()
        self._tally.samples_dropped += self.outbox.put(entry)


def total_waiting(devices: Iterable[Device]) -> int:
    """Samples of all `devices` not acknowledged yet."""
    return sum(device.waiting for device in devices)
