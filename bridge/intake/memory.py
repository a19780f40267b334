"""What a way in remembers between messages: devices, series, earlier deliveries,
the instants it gave."""

from __future__ import annotations

from typing import NamedTuple

from bridge.decode.state import Facts
from bridge.intake.instants import Instants
from bridge.intake.redelivery import Deliveries
from devices.registry import Registry
from telemetry.series.registry import SeriesRegistry


class Memory(NamedTuple):
    """Kept up to date by the thread that commits. Others ask only what never queries."""

    registry: Registry
    series: SeriesRegistry
    deliveries: Deliveries
    instants: Instants
    facts: Facts  # what conventions remember

    @classmethod
    def nothing(cls, instants: Instants) -> Memory:
        """To begin with."""
        return cls(Registry(), SeriesRegistry(), Deliveries(), instants, Facts())
