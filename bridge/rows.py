"""Turn decoded messages into rows of one transaction, and say how each message ended.

Between decode and store: the only place that asks who the device is and which series a metric has.
Runs in the writer thread. Building twice gives the same rows.
"""

from __future__ import annotations

from bridge.batch_rows import Rows
from bridge.decode.items import Item, Problem, Reason, Rejected, Status, Telemetry, Value
from bridge.deliveries import Deliveries, Delivery, Stamps, delivery, pack
from bridge.inbox import Batch
from bridge.live import Columns
from bridge.message import Message
from bridge.properties import describe, safe_text
from devices.registry import DeviceRef, Registry
from telemetry import store
from telemetry.models import Series
from telemetry.series_registry import NewSeries, SeriesRegistry

__all__ = ["RowBuilder", "Rows"]


class RowBuilder:
    """Builds rows from batches with what is known of devices, series and earlier deliveries."""

    def __init__(self, registry: Registry, series: SeriesRegistry, deliveries: Deliveries) -> None:
        self._registry = registry
        self._series = series
        self._deliveries = deliveries
        self._stamps = Stamps()

    def stamp(self, batch: Batch) -> list[int | None]:
        """Give every sample without a time one, in place. Once per batch.

        Returns per message the first stamp it gave, 0 for a redelivered message that was rejected
        when it came first, None where nothing was stamped.
        """
        stamps: list[int | None] = []
        for message, items in zip(batch.messages, batch.items, strict=True):
            item = items[0]
            if type(item) is Telemetry and item.plain and item.samples[0].time_ms:
                stamps.append(None)
                continue
            first = self._deliveries.recall(message) if message.dup else None
            for item in items if first != 0 else ():
                if isinstance(item, Telemetry):
                    bare = [sample for sample in item.samples if not sample.time_ms]
                    if bare:
                        first = first or self._stamps.reserve(
                            item.uid, message.received_ms, len(bare)
                        )
                        for offset, sample in enumerate(bare):
                            sample.time_ms = first + offset
            if first and message.mid:
                self._deliveries.remember([delivery(message, first)])
            stamps.append(first)
        return stamps

    def restamp(self, batch: Batch, stamps: list[int | None]) -> None:
        """Give a batch that was spooled the stamps it had."""
        for items, first in zip(batch.items, stamps, strict=True):
            offset = first or 0
            for item in items:
                if isinstance(item, Telemetry) and first:
                    for sample in item.samples:
                        if not sample.time_ms:
                            sample.time_ms = offset
                            offset += 1

    def live_columns(self, batch: Batch) -> Columns:
        """The readings of a batch whose device and series are known, without asking anyone."""
        columns = Columns([], [], [], [])
        for items in batch.items:
            for item in items:
                device = self._registry.known(item.uid) if isinstance(item, Telemetry) else None
                if device is not None and device.enabled and isinstance(item, Telemetry):
                    known = self._series.ids.get(device.id, {})
                    for sample in item.samples:
                        columns.add(sample.time_ms, sample.values, known)
        return columns

    def build(self, batch: Batch, stamps: list[int | None], start: int, stop: int) -> Rows:
        """Rows of the messages from `start` up to `stop`. Raises what the database raises."""
        rows = Rows(start, stop)
        deliveries: list[Delivery] = []
        complete = False  # whether all further metrics have a series, as far as there is room
        for index in range(start, stop):
            message, items, stamp = batch.messages[index], batch.items[index], stamps[index]
            if message.dup:
                rows.batch.may_repeat = True
            if stamp == 0:  # rejected when it came first, and kept then
                rows.rejected.add(index)
            elif not self._add_plain(rows, message, items):
                if not complete:
                    rows.new_series = self._make_missing_series(batch, index, stop)
                    complete = True
                for item in items:
                    self._add(rows, index, message, item)
                if message.mid and (stamp or index in rows.rejected):
                    deliveries.append(delivery(message, stamp or 0))
            elif stamp and message.mid:
                deliveries.append(delivery(message, stamp))
            rows.ends.append((len(rows.batch.series_ids), len(rows.batch.texts)))
        if deliveries:
            rows.batch.deliveries = pack(deliveries)
            self._deliveries.remember(deliveries)
        return rows

    def refused(self, batch: Batch, index: int, problem: Problem) -> Rows:
        """Rows that put one message into quarantine, because the database would not take it."""
        rows = Rows(index, index + 1, ends=[(0, 0)])
        uid = getattr(batch.items[index][0], "uid", "")
        self._reject(rows, index, batch.messages[index], uid, problem)
        return rows

    def _make_missing_series(self, batch: Batch, start: int, stop: int) -> list[NewSeries]:
        wanted: dict[tuple[int, str], str] = {}
        uids = {item.uid for items in batch.items[start:stop] for item in items}
        self._registry.ask(uid for uid in uids if uid)
        speaking = [self._registry.known(uid) for uid in uids]
        self._series.load(device.id for device in speaking if device is not None)
        for index in range(start, stop):
            for item in batch.items[index]:
                if not isinstance(item, Telemetry):
                    continue
                device = self._device(item)
                if not isinstance(device, DeviceRef):
                    continue
                known = self._series.of(device.id).keys()
                for sample in item.samples:
                    if not sample.values.keys() <= known:
                        # In the device's own order, which its charts then have too.
                        for metric, value in sample.values.items():
                            if metric not in known:
                                wanted.setdefault((device.id, metric), _kind(value))
        return self._series.create(wanted) if wanted else []

    def _device(self, item: Telemetry | Status) -> DeviceRef | Problem:
        device = self._registry.known(item.uid)
        if device is None:
            return Problem(Reason.UNKNOWN_DEVICE, f"no device {item.uid!r} is registered")
        if not device.enabled:
            return Problem(Reason.DISABLED_DEVICE, f"the device {item.uid!r} is disabled")
        return device

    def _add_plain(self, rows: Rows, message: Message, items: list[Item]) -> bool:
        """Add an ordinary message column by column. False, and nothing added, for any other: one
        of a device or with a metric not known yet goes the longer way too."""
        item = items[0]
        if type(item) is not Telemetry or not item.plain or len(items) > 1:
            return False
        device = self._registry.known(item.uid)
        if device is None or not device.enabled:
            return False
        sample = item.samples[0]
        try:
            ids = list(map(self._series.of(device.id).__getitem__, sample.values))
        except KeyError:
            return False
        batch = rows.batch
        batch.series_ids += ids
        batch.times_ms += [sample.time_ms] * len(ids)
        batch.values += sample.values.values()  # type: ignore[arg-type]
        rows.uids[device.id] = item.uid
        before = rows.seen.get(device.id)
        rows.seen[device.id] = (message.received_ms, before[1] if before else 0)
        return True

    def _add(self, rows: Rows, index: int, message: Message, item: Item) -> None:
        if isinstance(item, Rejected):
            self._reject(rows, index, message, item.uid, item.problem)
            return
        device = self._device(item)
        if not isinstance(device, DeviceRef):
            self._reject(rows, index, message, item.uid, device)
            return
        rows.uids[device.id] = item.uid
        if isinstance(item, Status):
            rows.statuses += 1
            rows.batch.connections[device.id] = (item.online, message.received_ms)
        else:
            self._add_telemetry(rows, index, message, item, device)

    def _add_telemetry(
        self, rows: Rows, index: int, message: Message, item: Telemetry, device: DeviceRef
    ) -> None:
        known = self._series.of(device.id)
        batch = rows.batch
        problems = list(item.problems)
        for sample in item.samples:
            at = sample.time_ms
            for metric, value in sample.values.items():
                series_id = known.get(metric)
                if series_id is None:
                    problems.append(
                        Problem(Reason.TOO_MANY_SERIES, f"no room for the metric {metric!r}")
                    )
                elif isinstance(value, str):
                    batch.texts.append((series_id, at, value))
                else:
                    batch.series_ids.append(series_id)
                    batch.times_ms.append(at)
                    batch.values.append(value)
        replaced = message.received_ms if item.clock_replaced else 0
        rows.clock_replaced += item.clock_replaced
        rows.seen[device.id] = (
            message.received_ms,
            max(replaced, rows.seen.get(device.id, (0, 0))[1]),
        )
        if problems:
            rows.values_dropped += len(problems)
            rows.problems[index] = problems[0]
            self._quarantine(rows, index, message, item.uid, problems[0], partial=True)

    def _reject(self, rows: Rows, index: int, message: Message, uid: str, problem: Problem) -> None:
        rows.rejected.add(index)
        self._quarantine(rows, index, message, uid, problem)

    def _quarantine(
        self,
        rows: Rows,
        index: int,
        message: Message,
        uid: str,
        problem: Problem,
        *,
        partial: bool = False,
    ) -> None:
        rows.problems.setdefault(index, problem)
        rows.batch.quarantined.append(
            store.Quarantined(
                index,
                message.received_ms,
                safe_text(message.topic),
                uid,
                problem.reason.value,
                problem.detail,
                message.payload,
                describe(message.properties) if message.properties else {},
                message.retain,
                partial,
            )
        )


def _kind(value: Value) -> str:
    """The kind of a series whose first reading is `value`."""
    if type(value) is bool:
        return Series.Kind.BOOLEAN.value
    return Series.Kind.TEXT.value if type(value) is str else Series.Kind.GAUGE.value
