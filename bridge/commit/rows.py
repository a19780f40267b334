"""Turn batches into rows of one transaction, and say how each message ended.

Between intake and store: what is not ordinary gets its device and series here, made or refused.
Runs in the committer thread. Building twice gives the same rows.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from bridge.adoption.waiting import Waiting
from bridge.commit import beside, noted_deliveries
from bridge.commit.batch_rows import Rows, Verdict
from bridge.commit.conflicts import of_devices
from bridge.commit.gathered import Gathered
from bridge.commit.known import Known
from bridge.commit.refusals import keep, no_room, refuse_device, with_stamp, without_counted
from bridge.commit.series_work import SeriesWork
from bridge.commit.too_old import complaint, without_too_old
from bridge.decode.items import (
    Described,
    Discovered,
    Ignored,
    Item,
    Presence,
    Problem,
    Reason,
    Rejected,
    Remembered,
    Request,
    Telemetry,
)
from bridge.intake.batch import Batch, Columns
from bridge.intake.memory import Memory
from bridge.message import Message
from devices.registry import DeviceRef
from telemetry.series.facts import kind_of
from telemetry.storage import store
from telemetry.storage.kept import AcceptsFrom
from telemetry.storage.presence import Heard, Said

MAX_DESCRIBED = 20_000  # descriptions remembered


class RowBuilder:
    """Builds rows from batches with what is known of devices, series and earlier deliveries."""

    def __init__(self, memory: Memory, waiting: Waiting | None = None) -> None:
        """`waiting` sees to devices that are not registered; without it, their messages are
        refused."""
        self._waiting = waiting
        self.known = Known(memory)
        self._registry, self._series = memory.registry, memory.series
        self._deliveries = memory.deliveries
        self._limits = AcceptsFrom()
        # What devices said of themselves lately, and is stored.
        self._described: dict[tuple[int, type, str], Described | Discovered] = {}

    def build(self, batch: Batch, start: int, stop: int) -> Rows:
        """Rows of the messages from `start` up to `stop`. Raises what the database raises."""
        rows = Rows(start, stop, batch.counts[start:stop])
        rows.batch.may_repeat = batch.may_repeat
        first, last = sum(batch.counts[:start]), sum(batch.counts[:stop])
        columns = Columns.joined(batch.columns).between(first, last)
        rows.heard = _heard(batch, start, stop, columns)
        others = [index for index in batch.items if start <= index < stop]
        if others := without_counted(rows, batch, others):
            columns = Columns.joined([columns, self._gather(rows, batch, others, last - first)])
        columns = self._without_too_old(rows, batch, columns)
        if outgrown := self._series.outgrown(columns.series_ids, columns.values):
            kinds = dict.fromkeys(outgrown, kind_of(0.0))
            self._series.follow(kinds)
        rows.batch.series_ids, rows.batch.times_us, rows.batch.values, rows.batch.texts = columns
        if columns.texts:
            self._series.note_texts({series_id for series_id, _, _ in columns.texts})
        rows.batch.with_texts = self._series.with_texts(columns.series_ids)
        noted_deliveries.note(rows, batch, self._deliveries)
        kept = rows.batch.quarantined
        rows.batch.quarantined = [with_stamp(each, batch) for each in kept]
        return rows

    def _gather(self, rows: Rows, batch: Batch, indexes: list[int], before: int) -> Columns:
        """The readings of messages that are not in columns; `before` others come first."""
        gathered = Gathered()
        unknown = [
            index
            for index in indexes
            if batch.stamps.get(index) != 0 and not self.known.has_all(batch.items[index])
        ]
        if unknown:
            self._make_missing_series(rows, batch, unknown)
        for index in indexes:
            if batch.stamps.get(index) == 0:  # rejected when it came first, and kept then
                rows.rejected.add(index)
                continue
            numbers, texts = len(gathered.series_ids), len(gathered.texts)
            devices = rows.by_device[index] = {}
            for item in batch.items[index]:
                self._add(rows, gathered, index, batch.messages[index], item)
            if devices and all(verdict.rejected for verdict in devices.values()):
                rows.rejected.add(index)
            rows.spans[index] = (
                slice(before + numbers, before + len(gathered.series_ids)),
                slice(texts, len(gathered.texts)),
            )
        return gathered.columns()

    def _without_too_old(self, rows: Rows, batch: Batch, columns: Columns) -> Columns:
        """The readings that retention would not remove at once; says what became of the others."""
        kept = without_too_old(rows, columns, self._limits)
        for lost in of_devices(batch, kept.lost, self._registry, self._series):
            partly = not lost.note(rows).rejected
            limit_us = max(map(self._limits.of, lost.series))
            message, problem = batch.messages[lost.index], complaint(lost, limit_us)
            keep(rows, lost.index, message, lost.uid, [problem], partial=partly)
        # What is lost is in no column any more.
        rows.counts, rows.spans, rows.lost = kept.counts, kept.spans, {}
        return kept.columns

    def alongside(self, rows: Rows, batch: Batch) -> store.Alongside:
        """What goes into the transaction of these rows beside them."""
        conflicting = partial(self._conflicting, rows, batch)
        return store.Alongside(conflicting, partial(beside.write, rows), rows.order)

    def committed(self, rows: Rows) -> None:
        """These rows are durable: what they say of devices need not be stored again."""
        if len(self._described) + len(rows.described) > MAX_DESCRIBED:
            self._described.clear()
        for device_id, item in rows.described:
            self._described[_place(device_id, item)] = item

    def _conflicting(
        self, rows: Rows, batch: Batch, conflicts: store.Conflicts
    ) -> list[store.Quarantined]:
        """Note which messages lost readings to others stored first, and what of them to keep."""
        before = len(rows.batch.quarantined)
        for closed, some in zip((True, False), conflicts.apart(), strict=True):
            lost_series = rows.losers(some)
            for lost in of_devices(batch, lost_series, self._registry, self._series):
                partly = not lost.note(rows).rejected
                message, problem = batch.messages[lost.index], lost.problem(closed=closed)
                keep(rows, lost.index, message, lost.uid, [problem], partial=partly)
        kept = rows.batch.quarantined[before:]
        del rows.batch.quarantined[before:]
        return [with_stamp(each, batch) for each in kept]

    def _make_missing_series(self, rows: Rows, batch: Batch, indexes: list[int]) -> None:
        """Make series of new metrics, and give others the kind of what their devices send."""
        spoken = [item for index in indexes for item in batch.items[index]]
        uids = {item.uid for item in spoken if item.uid}
        self._registry.ask(uids)
        if self._waiting is not None:
            self._waiting.look_up([uid for uid in uids if self._registry.known(uid) is None])
            self._waiting.adopt_by_setting(rows, batch, indexes)
        speaking = [self._registry.known(uid) for uid in uids]
        self._series.load(device.id for device in speaking if device is not None)
        work = SeriesWork(self._series)
        for item in spoken:
            if isinstance(item, Telemetry | Described):
                device = self._device(item)
                if isinstance(device, DeviceRef):
                    work.add(device.id, item)
        work.carry_out()

    def _device(self, item: Telemetry | Presence | Described | Discovered) -> DeviceRef | Problem:
        device = self._registry.known(item.uid)
        if device is None:
            return Problem(Reason.UNKNOWN_DEVICE, f"no device {item.uid!r} is registered")
        if device.is_removed:
            return Problem(Reason.REMOVED_DEVICE, f"the device {item.uid!r} was deleted")
        if not device.enabled:
            return Problem(Reason.DISABLED_DEVICE, f"the device {item.uid!r} is disabled")
        return device

    def _add(
        self, rows: Rows, gathered: Gathered, index: int, message: Message, item: Item
    ) -> None:
        if isinstance(item, Rejected):
            rows.over_limit += item.problem.reason is Reason.OVER_LIMIT
            refuse_device(rows, index, message, item.uid, item.problem)
            return
        if isinstance(item, Ignored | Remembered | Request):
            rows.note(item)
            return
        device = self._device(item)
        if not isinstance(device, DeviceRef):
            self._refuse(rows, index, message, item, device)
            return
        verdict = rows.by_device[index].setdefault(item.uid, Verdict(False))
        verdict.rejected = False
        if isinstance(item, Described | Discovered):
            self._add_described(rows, device, item)
            return
        if isinstance(item, Presence):
            rows.statuses += 1
            rows.batch.statuses[device.id] = Said(item.online, message.received_us, message.retain)
            return
        newest = max((sample.time_us for sample in item.samples), default=0)
        rows.heard[device.id] = (message.received_us, newest or message.received_us)
        if item.clock_replaced:
            rows.clocks_replaced += 1
            rows.clock_replaced[device.id] = message.received_us
        before = gathered.size
        homeless = self._add_samples(gathered, device, item)
        verdict.readings += gathered.size - before
        problems = [*item.problems, *no_room(homeless)]
        if problems:
            # A time that was replaced cost no value.
            rows.values_dropped += len(item.problems) - item.clock_replaced + len(homeless)
            keep(rows, index, message, item.uid, problems, partial=True)

    def _refuse(
        self, rows: Rows, index: int, message: Message, item: Item, problem: Problem | None
    ) -> None:
        """Nothing can be stored of what it says, for want of a device."""
        if problem and problem.reason is Reason.UNKNOWN_DEVICE and self._waiting is not None:
            problem = self._waiting.take(rows, index, message, item)
        if problem is not None:
            refuse_device(rows, index, message, item.uid, problem)

    def _add_described(self, rows: Rows, device: DeviceRef, item: Described | Discovered) -> None:
        if self._described.get(_place(device.id, item)) != item:
            rows.described.append((device.id, item))

    def _add_samples(self, gathered: Gathered, device: DeviceRef, item: Telemetry) -> list[str]:
        """Add what has a series; the metrics of the readings that have none."""
        known = self._series.of(device.id)
        homeless = []
        for sample in item.samples:
            for metric, value in sample.values.items():
                series_id = known.get(metric)
                if series_id is None:
                    homeless.append(metric)
                else:
                    gathered.add(series_id, sample.time_us, value)
        return homeless


def _place(device_id: int, item: Described | Discovered) -> tuple[int, type, str]:
    """What of a device the item describes."""
    return device_id, type(item), item.metric if isinstance(item, Described) else ""


def _heard(batch: Batch, start: int, stop: int, columns: Columns) -> dict[int, Heard]:
    """By device id, its newest message among those whose readings these columns are."""
    # The last of each device first, so that all else is work for one message of it.
    newest = dict(zip(batch.device_ids[start:stop], range(stop - start), strict=True))
    newest.pop(0, None)  # which stands for no ordinary message
    places = list(newest.values())
    # All readings of an ordinary message have one time.
    last_row = np.cumsum(np.asarray(batch.counts[start:stop], dtype=np.int64)) - 1
    measured = columns.times_us[last_row[places]].tolist()
    messages = batch.messages
    received = [messages[start + place].received_us for place in places]
    return dict(zip(newest, zip(received, measured, strict=True), strict=True))
