"""What the bridge says of itself, what it costs, and how far ahead of it the load may run."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field

from django.db import connection

from benchmarks.generator import Generator
from benchmarks.stack import BenchmarkFailed, Stack, cpu_seconds, failed, resident_mib
from embedded.servers.child import Child

WORKER = "bridge-0"
LOOK_EVERY = 0.05  # seconds; the bridge writes its counters once a second
AHEAD = 30_000  # messages published and not yet stored: what the broker holds for the bridge
STALLED_SECONDS = 30.0  # without progress


@dataclass(frozen=True, slots=True)
class Sample:
    """The bridge's counters as it wrote them, and the CPU time of everyone when they were seen."""

    at: float  # seconds, the database's clock
    counters: dict[str, int]
    cpu: dict[str, float]
    rss_mib: float


@dataclass(slots=True)
class Watcher:
    """Follows one bridge through one leg."""

    stack: Stack
    bridge: Child
    generator: Generator | None = None
    samples: list[Sample] = field(default_factory=list)

    def look(self) -> Sample | None:
        """The counters, if they are new."""
        if not self.bridge.pid:
            raise failed(self.bridge, "the bridge ended")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT extract(epoch FROM updated_at)::float8, counters"
                " FROM telemetry_ingestworker WHERE name = %s",
                [WORKER],
            )
            row = cursor.fetchone()
        if row is None or (self.samples and row[0] == self.samples[-1].at):
            return None
        counters = row[1] if isinstance(row[1], dict) else json.loads(row[1])
        pids = {name: running.pid for name, running in self.stack.servers.items()}
        pids["bridge"] = self.bridge.pid
        if self.generator is not None:
            pids["generator"] = self.generator.pid
        cpu = {name: cpu_seconds(pid) for name, pid in pids.items()}
        sample = Sample(row[0], counters, cpu, resident_mib(self.bridge.pid))
        self.samples.append(sample)
        return sample

    def next(self) -> Sample:
        """The next counters the bridge writes."""
        deadline = time.monotonic() + STALLED_SECONDS
        while time.monotonic() < deadline:
            sample = self.look()
            if sample is not None:
                return sample
            time.sleep(LOOK_EVERY)
        raise failed(self.bridge, "the bridge writes no counters")

    def wait_until_settled(self, messages: int) -> Sample:
        """The first counters with this many messages settled since the bridge's start."""
        before, deadline = -1, time.monotonic() + STALLED_SECONDS
        while True:
            sample = self.next()
            done = settled(sample)
            if done >= messages:
                return sample
            if done > before:
                before, deadline = done, time.monotonic() + STALLED_SECONDS
            if time.monotonic() > deadline:
                raise BenchmarkFailed(f"the bridge settled {done} of {messages} messages")


def settled(sample: Sample) -> int:
    """Messages that have come to an end."""
    counters = sample.counters
    return counters["stored"] + counters["duplicate"] + counters["rejected"]


@dataclass(slots=True)
class Window:
    """The difference between two samples of a bridge."""

    first: Sample
    last: Sample

    @property
    def seconds(self) -> float:
        return self.last.at - self.first.at

    def gained(self, counter: str) -> int:
        return self.last.counters[counter] - self.first.counters[counter]

    def rate(self, counter: str) -> float:
        return self.gained(counter) / self.seconds

    def cpu(self) -> dict[str, float]:
        """CPU seconds by process."""
        return {
            name: round(spent - self.first.cpu.get(name, 0.0), 2)
            for name, spent in self.last.cpu.items()
        }


def full_speed(
    watcher: Watcher, generator: Generator, base: int, seconds: float, ahead: int = AHEAD
) -> Window:
    """Publish as fast as the bridge stores for `seconds`, after a warm-up of a quarter of that.

    `base` is what the bridge had settled before this generator sent its first message. Between two
    words of the bridge its progress is taken to go on at the pace of the last second, so that
    the load comes evenly and `ahead` is all that waits.
    """
    last = watcher.next()
    first: Sample | None = None
    pace, began = 0.0, time.monotonic()
    heard = began
    while True:
        sample = watcher.look()
        if sample is not None:
            pace = max(0.0, (settled(sample) - settled(last)) / (sample.at - last.at))
            last, heard = sample, time.monotonic()
            elapsed = heard - began
            if first is None and elapsed >= seconds / 4:
                first = sample
            elif first is not None and sample.at - first.at >= seconds and pace:
                generator.withdraw()
                return Window(first, sample)
        if time.monotonic() - heard > STALLED_SECONDS:
            raise failed(watcher.bridge, "the bridge writes no counters")
        extrapolated = settled(last) - base + pace * min(1.5, time.monotonic() - heard)
        generator.allow(round(extrapolated) + ahead)
        time.sleep(LOOK_EVERY)


def at_rate(generator: Generator, rate: float, seconds: float) -> tuple[int, int]:
    """Publish `rate` messages a second; the Unix ms of the beginning and the end."""
    base, began, began_ms = generator.sent, time.monotonic(), time.time_ns() // 1_000_000
    pause = threading.Event()
    while (elapsed := time.monotonic() - began) < seconds:
        generator.allow(base + round(rate * elapsed))
        pause.wait(0.002)
    generator.withdraw()
    return began_ms, time.time_ns() // 1_000_000


def steady(watcher: Watcher, generator: Generator, rate: float, seconds: float) -> Window:
    """What became of `rate` messages a second, after a warm-up of a quarter of the time."""
    load = threading.Thread(target=at_rate, args=(generator, rate, seconds * 5 / 4), name="load")
    watcher.next()
    began = time.monotonic()
    load.start()
    first = last = watcher.next()
    while load.is_alive():
        sample = watcher.look()
        if sample is not None and time.monotonic() - began < seconds / 4:
            first = last = sample
        elif sample is not None:
            last = sample
        time.sleep(LOOK_EVERY)
    load.join()
    if last is first:  # shorter than the bridge takes to write down its counters again
        last = watcher.next()
    return Window(first, last)
