"""What a worker must know before its first batch."""

from __future__ import annotations

import time

from bridge.commit.spool import Spool
from bridge.intake.memory import Memory
from bridge.intake.redelivery import delivery
from telemetry.workers import worker_state


def learn(worker: str, memory: Memory, spool: Spool) -> None:
    """Load devices, series, and what the broker may deliver again to a worker of this name.

    Raises what the database raises, and `SpoolTrouble`.
    """
    memory.series.load_all()
    memory.registry.refresh(time.time())
    memory.deliveries.load(worker_state.load_deliveries(worker))
    for entry in spool.walk():
        memory.deliveries.remember(
            delivery(message, stamp)
            for message, stamp in zip(entry.messages, entry.stamps, strict=True)
            if stamp and message.mid
        )
