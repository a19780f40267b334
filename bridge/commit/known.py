"""What is known of a batch before the database is asked anything."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.commit.gathered import Gathered
from bridge.commit.series_work import told_of
from bridge.decode.items import Described, Ignored, Item, Rejected, Remembered, Request, Telemetry
from bridge.intake.batch import Batch, Columns
from bridge.intake.memory import Memory


class Known:
    """By what memory has of devices and series."""

    def __init__(self, memory: Memory) -> None:
        self._registry, self._series = memory.registry, memory.series

    def columns(self, batch: Batch) -> Columns:
        """The readings of a batch whose device and series are known, without asking anyone."""
        gathered = Gathered()
        for items in batch.items.values():
            for item in items:
                device = self._registry.known(item.uid) if isinstance(item, Telemetry) else None
                if device is not None and device.enabled and isinstance(item, Telemetry):
                    known: Mapping[str, int] = self._series.ids.get(device.id, {})
                    for sample in item.samples:
                        for metric, value in sample.values.items():
                            if metric in known:
                                gathered.add(known[metric], sample.time_us, value)
        return Columns.joined([*batch.columns, gathered.columns()])

    def heard(self, batch: Batch) -> dict[int, int]:
        """When the known devices of a batch were heard (Unix us), without asking anyone."""
        times = [message.received_us for message in batch.messages]
        heard = dict(zip(batch.device_ids, times, strict=True))
        heard.pop(0, None)  # which stands for no device
        for index, items in batch.items.items():
            for item in items:
                device = self._registry.known(item.uid) if isinstance(item, Telemetry) else None
                if device is not None and device.enabled:
                    heard[device.id] = times[index]
        return heard

    def has_all(self, items: list[Item]) -> bool:
        """Whether every device and metric of a message is known, without asking anyone."""
        for item in items:
            if isinstance(item, Rejected | Ignored | Remembered | Request):
                continue
            device = self._registry.known(item.uid)
            if device is None:
                return False
            if (
                isinstance(item, Described)
                and item.metric
                and not self._series.was_told((device.id, item.metric), told_of(item))
            ):
                return False
            if isinstance(item, Telemetry):
                series = self._series.ids.get(device.id)
                if series is None or not all(series.holds(each.values) for each in item.samples):
                    return False
        return True
