"""A fleet that sends beside what is measured, and the real bridge and `maintain` that store it.

The generator keeps the pace in a process of its own, so whoever measures neither paces nor counts.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks import stack as stacks
from benchmarks.commits import CommitWatch, percentiles
from benchmarks.fleet_rows import register, sent_rows
from benchmarks.generator import Address, Generator
from benchmarks.packets import Fleet
from benchmarks.progress import Watcher, Window

VALUES = 4  # readings of a message
DEVICES = 1_000  # at most; fewer where each would send less than once a second
NAME = "beside"
WARM_SECONDS = 3.0  # until the pace is steady
# `maintain` rolls up; a store of last month stays as it was built.
KEPT = {"PULSEBOARD_PACK_AFTER_DAYS": "0", "PULSEBOARD_RETENTION_DAYS": "36500"}


@dataclass
class LiveFleet:
    """The fleet while it sends."""

    watcher: Watcher

    @contextlib.contextmanager
    def watched(self) -> Iterator[dict[str, Any]]:
        """What became of the readings within: filled at the end. Latencies are from the payload's
        `ts`, set when it is sent, to the end of the transaction."""
        found: dict[str, Any] = {}
        with CommitWatch(os.environ["DATABASE_URL"]) as watch:
            first, began_ms = self.watcher.next(), time.time_ns() // 1_000_000
            yield found
            window, ended_ms = Window(first, self.watcher.next()), time.time_ns() // 1_000_000
            self._wait_until_stored()
        seen = percentiles(sent_rows(began_ms, ended_ms), watch.ended_ms, (0.5, 0.99))
        half, most = seen or (None, None)
        found |= {
            "seconds": round(window.seconds, 1),
            "readings_per_s": round(window.rate("readings_stored")),
            "latency_p50_ms": half,
            "latency_p99_ms": most,
            "cpu_s": window.cpu(),
        }

    def _wait_until_stored(self) -> None:
        generator = self.watcher.generator
        if generator is not None:
            self.watcher.wait_until_settled(generator.sent)


@contextlib.contextmanager
def sending(stack: stacks.Stack, rate: int) -> Iterator[LiveFleet]:
    """So many readings a second, from and to this stack; they are gone afterwards."""
    forget()
    devices = min(DEVICES, rate // VALUES)
    fleet = Fleet(NAME, devices, VALUES)
    register(fleet)
    try:
        with (
            stack.bridge() as bridge,
            stack.maintain(KEPT),
            Generator(fleet, Address(stack.mqtt_host, stack.mqtt_port)) as generator,
        ):
            watcher = Watcher(stack, bridge, generator)
            watcher.next()  # until the bridge is there to be sent to
            generator.allow(devices)  # a message each: the series are made here
            watcher.wait_until_settled(devices)
            generator.pace(rate // VALUES)
            time.sleep(WARM_SECONDS)
            yield LiveFleet(watcher)
            generator.pace(0)
            generator.wait_until_acked(30)
    finally:
        forget()


def forget() -> None:
    """Remove the fleet and what it sent, now or in a run that was ended, and what a bridge said of
    itself: whoever waits for the next one would take it for its word."""
    from django.db import connection  # noqa: PLC0415 (needs the settings)

    from devices.models import Device  # noqa: PLC0415
    from telemetry.models import IngestWorker, Series  # noqa: PLC0415

    ids = list(
        Series.objects.filter(device__uid__startswith=f"{NAME}-").values_list("id", flat=True)
    )
    with connection.cursor() as cursor:
        for table in ("reading", "rollup_1m", "rollup_1h", "rollup_1d"):
            cursor.execute(f"DELETE FROM {table} WHERE series_id = ANY (%s::int[])", [ids])  # noqa: S608
        if ids:
            cursor.execute("VACUUM ANALYZE reading, rollup_1m, rollup_1h, rollup_1d")
    Device.objects.filter(uid__startswith=f"{NAME}-").delete()
    IngestWorker.objects.all().delete()
