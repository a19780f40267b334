"""`python -m benchmarks.steps`: CPU time of each step of a message inside the bridge.

No server: the steps that touch only memory, one after another on the same messages, as many as
wait in a busy bridge. The last line printed is the result as one JSON object, in microseconds a
message: the best of some rounds, because whatever else runs on the machine only ever adds.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
import numpy as np

from benchmarks.packets import Fleet, Packets
from bridge.message import Message

MESSAGES = 30_000  # what benchmarks.ingest lets wait
CHUNK = 256 * 1024  # bytes of one read: bridge.mqtt.receiver.RECEIVE_SIZE
ROUNDS = 15
NOW_MS = 1_790_000_000_000

T = TypeVar("T")


class Steps:
    """Sums CPU time of this thread by step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def time(self, step: str, work: Callable[[], T]) -> T:
        began = time.thread_time()
        result = work()
        self.seconds[step] = self.seconds.get(step, 0.0) + time.thread_time() - began
        return result


def stream_of(fleet: Fleet) -> bytes:
    """Packets of all devices in turn, each with a later time than the last of its device."""
    packets = Packets(fleet, 0, fleet.devices)
    turns = range(-(-MESSAGES // fleet.devices))
    parts = [
        packets.stamped(turn, 0, fleet.devices, NOW_MS + turn, turn * fleet.devices)
        for turn in turns
    ]
    return b"".join(parts)[: MESSAGES * packets.size]


def without_time(messages: list[Message]) -> list[Message]:
    """The same messages in the form that the bridge must stamp."""
    return [
        msgspec.structs.replace(each, payload=each.payload[each.payload.index(b'{"m') : -1])
        for each in messages
    ]


def one_round(stream: bytes, fleet: Fleet) -> dict[str, float]:
    """CPU seconds by step of all messages, with everything the bridge would know known."""
    from bridge.commit.rows import RowBuilder  # noqa: PLC0415
    from bridge.intake.columns import Intake  # noqa: PLC0415 (needs the settings)
    from bridge.mqtt.packet import PacketCutter  # noqa: PLC0415
    from telemetry.storage import copy_binary  # noqa: PLC0415

    known = all_known(fleet)
    intake, builder, cutter = Intake(known), RowBuilder(known), PacketCutter(version5=False)
    another = Intake(known)  # of a fleet that tells no time: a topic brings the one or the other
    builder._limits._asked_at = time.monotonic()  # nothing is too old, as was asked just now
    steps, batches = Steps(), []
    first = PacketCutter(version5=False).feed(stream[: len(stream) // 10], NOW_MS * 1000).messages
    for each, messages in ((intake, first), (another, without_time(first))):
        list(each.batches(1, messages))  # what a topic is takes a look at every convention
    for at in range(0, len(stream), CHUNK):
        chunk = stream[at : at + CHUNK]
        cut = steps.time("cut", lambda chunk=chunk: cutter.feed(chunk, NOW_MS * 1000))
        made = steps.time("intake", lambda cut=cut: list(intake.batches(1, cut.messages)))
        bare = without_time(cut.messages)
        steps.time("intake_without_time", lambda bare=bare: list(another.batches(1, bare)))
        for batch in made:
            if batches and batches[-1].has_room_for(batch):
                steps.time("intake", lambda batch=batch: batches[-1].extend(batch))
            else:
                batches.append(batch)
    for batch in batches:
        count = len(batch.messages)
        rows = steps.time("rows", lambda b=batch, n=count: builder.build(b, 0, n)).batch
        columns = (rows.series_ids, rows.times_us, rows.values)
        steps.time("copy_buffer", lambda columns=columns: copy_binary.readings(*columns))
        steps.time("acknowledgements", batch.acknowledgements)
    return steps.seconds


def all_known(fleet: Fleet) -> Any:
    """What a bridge knows of a fleet that has sent before."""
    from bridge.intake.instants import SHORT_REACH_US, Instants, Lane  # noqa: PLC0415
    from bridge.intake.memory import Memory  # noqa: PLC0415 (needs the settings)
    from devices.registry import DeviceRef  # noqa: PLC0415

    now_us = NOW_MS * 1_000
    instants = Instants("bench", SHORT_REACH_US, lambda: now_us)
    instants._open = [Lane(1, now_us - 1_000, now_us + SHORT_REACH_US)]
    known = Memory.nothing(instants)
    series_ids = iter(range(1, fleet.devices * fleet.values + 1))
    for number in range(fleet.devices):
        known.registry._keep(fleet.uid(number), DeviceRef(number + 1, True, 60.0))
        metrics = [fleet.metric(each) for each in range(fleet.values)]
        known.series._keep(
            [(number + 1, metric, next(series_ids), "gauge", [], None) for metric in metrics]
        )
    return known


def measure(fleet: Fleet, rounds: int = ROUNDS) -> dict[str, Any]:
    """Microseconds a message, by step."""
    stream = stream_of(fleet)
    gc.freeze()
    gc.disable()
    found = [one_round(stream, fleet) for _ in range(rounds)]
    best = {step: min(each[step] for each in found) for step in found[0]}
    micros = {step: round(seconds / MESSAGES * 1e6, 2) for step, seconds in best.items()}
    return {
        "benchmark": "steps",
        "values_per_message": fleet.values,
        "devices": fleet.devices,
        "microseconds": micros,
        "numpy": np.__version__,
        "msgspec": msgspec.__version__,
    }


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.steps", description=__doc__)
    parser.add_argument("--values", type=int, default=3, help="readings of one message")
    parser.add_argument("--devices", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = parser.parse_args(words)
    os.environ.setdefault("PULSEBOARD_DEBUG", "1")  # no server, so no secret to keep
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django  # noqa: PLC0415 (reads the environment)

    django.setup()
    result = measure(Fleet("steps", chosen.devices, chosen.values), chosen.rounds)
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
