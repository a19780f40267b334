"""What the network thread does with messages: decode, stamp, and put ordinary ones into columns.

An ordinary message is a plain one of a known device all of whose metrics have a series. Its
readings go into columns while they are in the processor's cache; any other keeps its items, and
`bridge.rows` sees to it with the database at hand. Nothing here waits or asks anyone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from bridge.batch import MAX_BATCH_MESSAGES, Batch, Columns
from bridge.decode import Decoder
from bridge.decode.items import Item, Telemetry
from bridge.deliveries import Stamper
from bridge.known import Known
from bridge.message import Message


class Intake:
    """For one thread; what it knows may be kept up to date by another."""

    def __init__(self, known: Known) -> None:
        self._device_of = known.registry.known
        self._ids_of = known.series.ids_of
        self._stamper = Stamper(known.deliveries)
        self._decode = Decoder().decode

    def batches(self, generation: int, messages: list[Message]) -> Iterator[Batch]:
        """The messages of the connection `generation`, in as many batches as they need."""
        for start in range(0, len(messages), MAX_BATCH_MESSAGES):
            yield self.batch(generation, messages[start : start + MAX_BATCH_MESSAGES])

    def batch(
        self, generation: int, messages: list[Message], stamps: Mapping[int, int] | None = None
    ) -> Batch:
        """One batch of all these messages. `stamps`, by index, are those they were given when they
        were spooled; then none is given anew."""
        batch = Batch(generation, messages, stamps=dict(stamps or {}))
        batch.size = sum([len(message.payload) for message in messages])
        batch.may_repeat = True in [message.dup for message in messages]
        series_ids: list[bytes] = []
        times_ms: list[int] = []  # one a message
        values: list[float] = []
        decode, device_of, ids_of = self._decode, self._device_of, self._ids_of
        give_stamp = self._stamper.give
        uids, counts, device_ids = batch.uids, batch.counts, batch.device_ids
        for index, message in enumerate(messages):
            items = decode(message)
            item = items[0]
            uids.append(item.uid)
            ids = device = None
            if type(item) is Telemetry and item.plain:
                sample = item.samples[0]
                kept_before = False
                if message.dup or (stamps is not None and not sample.time_ms):
                    self._stamp(batch, index, items, spooled=stamps)
                    kept_before = batch.stamps.get(index) == 0
                elif not sample.time_ms:
                    sample.time_ms = batch.stamps[index] = give_stamp(message, item.uid)
                device = device_of(item.uid)
                if device is not None and device.enabled and not kept_before:
                    ids = ids_of(device.id, item.plain)
            else:
                self._stamp(batch, index, items, spooled=stamps)
            if device is None or ids is None:
                batch.items[index] = items
                counts.append(0)
                device_ids.append(0)
                times_ms.append(0)
                continue
            counts.append(len(item.plain))  # type: ignore[union-attr]
            device_ids.append(device.id)
            series_ids.append(ids)
            times_ms.append(sample.time_ms)
            values.extend(sample.values.values())  # type: ignore[arg-type]
        if series_ids:
            all_ids = np.frombuffer(b"".join(series_ids), dtype=np.int32)
            batch.columns.append(Columns.of(all_ids, np.repeat(np.array(times_ms), counts), values))
        return batch

    def _stamp(
        self, batch: Batch, index: int, items: list[Item], spooled: Mapping[int, int] | None
    ) -> None:
        if spooled is not None:
            self._stamper.restamp(items, batch.stamps.get(index))
            return
        first = self._stamper.stamp(batch.messages[index], items)
        if first is not None:
            batch.stamps[index] = first
