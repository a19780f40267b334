"""Whose readings lost their place to another value of the same series and instant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from bridge.commit.batch_rows import Rows, Verdict
from bridge.decode.items import Problem, Reason
from bridge.intake.batch import Batch
from devices.registry import Registry
from telemetry.series.registry import SeriesRegistry


@dataclass(slots=True)
class Lost:
    """What one device lost of one message."""

    index: int  # of the message
    uid: str
    metrics: list[str] = field(default_factory=list)  # one for each reading
    series: set[int] = field(default_factory=set)  # of these

    def note(self, rows: Rows) -> Verdict:
        """Count it; the device's verdict as it is then. The message is rejected if all are."""
        count = len(self.metrics)
        devices = rows.by_device.setdefault(self.index, {})
        readings = rows.counts[self.index - rows.start]
        verdict = devices.setdefault(self.uid, Verdict(False, [], readings))
        verdict.readings -= count
        verdict.rejected = not verdict.readings
        rows.lost[self.index] = rows.lost.get(self.index, 0) + count
        rows.values_dropped += count
        if all(each.rejected for each in devices.values()):
            rows.rejected.add(self.index)
        return verdict

    def problem(self, *, closed: bool) -> Problem:
        """`closed`: an operator deleted or replaced what was there; otherwise another value is."""
        more = f"; so have {len(self.metrics) - 1} more" if len(self.metrics) > 1 else ""
        if closed:
            return Problem(
                Reason.CORRECTED,
                f"{self.metrics[0]!a} was deleted or replaced there by an operator{more}",
            )
        return Problem(
            Reason.CONFLICTING_VALUES,
            f"{self.metrics[0]!a} has another value at that instant, stored first{more}",
        )


def of_devices(
    batch: Batch, lost_series: dict[int, list[int]], registry: Registry, series: SeriesRegistry
) -> Iterator[Lost]:
    """What messages lost, device by device. `lost_series`: by index, the series of each reading."""
    for index, lost in lost_series.items():
        uid_of = {}
        for uid in batch.uids_of(index):
            if (device := registry.known(uid)) is not None:
                uid_of[device.id] = uid
        found: dict[str, Lost] = {}
        for series_id in lost:
            device_id = series.device_of.get(series_id, 0)
            uid = uid_of.get(device_id, batch.uids[index])
            metrics = {each: metric for metric, each in series.ids.get(device_id, {}).items()}
            of_device = found.setdefault(uid, Lost(index, uid))
            of_device.series.add(series_id)
            of_device.metrics.append(metrics.get(series_id, "a metric"))
        yield from found.values()
