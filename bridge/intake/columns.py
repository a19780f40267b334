"""What the network thread does with messages: decode, stamp, and put ordinary ones into columns.

An ordinary message is a plain one of a known device all of whose metrics have a series. Its
readings go into columns while they are in the processor's cache; any other keeps its items, and
`bridge.commit.rows` sees to it with the database at hand. Nothing here waits or asks anyone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from bridge.decode import Decoder
from bridge.decode.items import Item, Telemetry
from bridge.intake.batch import MAX_BATCH_MESSAGES, Batch, Columns
from bridge.intake.memory import Memory
from bridge.intake.redelivery import Stamper
from bridge.message import Message


class Intake:
    """For one thread; what it knows may be kept up to date by another."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._stamper = Stamper(memory.deliveries)
        self._decoder = Decoder()

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
        times_us: list[int] = []  # one a message
        values: list[float] = []
        read_plain, decode = self._decoder.plain, self._decoder.decode
        give_stamp, anew = self._stamper.give, stamps is None
        devices, series = self._memory.registry.devices(), self._memory.series.ids
        uids, counts, device_ids = batch.uids, batch.counts, batch.device_ids
        for index, message in enumerate(messages):
            plain = read_plain(message)
            if plain is None:
                items = decode(message)
                self._stamp(batch, index, items, spooled=stamps)
            else:
                uid, sample, shape = plain
                if anew and not (sample.time_us or message.dup):
                    sample.time_us = batch.stamps[index] = give_stamp(message, uid)
                elif message.dup or not sample.time_us:
                    self._stamp(batch, index, [Telemetry(uid, [sample])], spooled=stamps)
                device = devices.get(uid)
                if device is not None and device.enabled and batch.stamps.get(index) != 0:
                    known = series.get(device.id)
                    ids = known.packed(shape) if known is not None else None
                    if ids is not None:
                        uids.append(uid)
                        counts.append(len(shape))
                        device_ids.append(device.id)
                        times_us.append(sample.time_us)
                        series_ids.append(ids)
                        values.extend(sample.values.values())  # type: ignore[arg-type]
                        continue
                items = [Telemetry(uid, [sample])]
            uids.append(items[0].uid)
            counts.append(0)
            device_ids.append(0)
            times_us.append(0)
            batch.items[index] = items
        if series_ids:
            all_ids = np.frombuffer(b"".join(series_ids), dtype=np.int32)
            batch.columns.append(Columns.of(all_ids, np.repeat(np.array(times_us), counts), values))
        return batch

    def _stamp(
        self, batch: Batch, index: int, items: list[Item], spooled: Mapping[int, int] | None
    ) -> None:
        if spooled is not None:
            self._stamper.restamp(items, batch.stamps.get(index))
        else:
            self._stamper.stamp(batch, index, items)
