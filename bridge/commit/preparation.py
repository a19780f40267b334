"""What a worker must know before its first batch."""

from __future__ import annotations

from bridge.commit.beside import Learning
from bridge.commit.spool import Spool
from bridge.decode.items import Remembered
from bridge.intake.instants import LONGEST_US, lane_of
from bridge.intake.memory import Memory
from bridge.intake.redelivery import INHERITED, delivery
from devices.clock import now_us
from telemetry.workers import worker_state

ACKNOWLEDGED_US = 30_000_000  # what came so long before the last is acknowledged at the broker


def learn(worker: str, memory: Memory, spool: Spool) -> None:
    """Load devices, series, what conventions remember, and what the broker may deliver again to a
    worker of this name.

    Raises what the database raises, and `SpoolTrouble`.
    """
    memory.series.load_all()
    Learning(memory.facts).refresh(now_us() / 1e6)
    memory.registry.refresh(now_us() / 1e6)
    memory.deliveries.load(worker_state.load_deliveries(worker))
    memory.instants.take_up(_look_through(spool, memory))


def _look_through(spool: Spool, memory: Memory) -> dict[int, int]:
    """Remember what the broker may deliver again of it; the last instant on each lane."""
    newest: dict[int, int] = {}
    last_received = max(
        (message.received_us for entry in spool.walk() for message in entry.messages), default=0
    )
    for entry in spool.walk():
        stamped = zip(entry.messages, entry.stamps, strict=True)
        given = [(message, stamp) for message, stamp in stamped if stamp]
        for _, stamp in given:
            lane = lane_of(stamp)
            newest[lane] = max(newest.get(lane, 0), stamp + LONGEST_US)
        unsure = [
            delivery(message, stamp)
            for message, stamp in given
            if message.mid and last_received - message.received_us <= ACKNOWLEDGED_US
        ]
        memory.deliveries.remember(unsure, INHERITED)
        for items in entry.items.values():
            for item in items:
                if isinstance(item, Remembered):
                    memory.facts.take(item)
    return newest
