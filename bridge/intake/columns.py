"""What the network thread does with messages: decode, stamp, and put ordinary ones into columns.

An ordinary message is a plain one of a known device all of whose metrics have a series. Its
readings go into columns while they are in the processor's cache; any other keeps its items, and
`bridge.commit.rows` sees to it with the database at hand. Nothing here waits or asks anyone.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from types import MappingProxyType

import numpy as np

from bridge import listening
from bridge.decode.items import Ignored, Item, Sample, Telemetry
from bridge.decode.plain import Plain
from bridge.intake.allowance import NOBODY, Allowance, readings_in
from bridge.intake.batch import MAX_BATCH_MESSAGES, Batch, Columns
from bridge.intake.memory import Memory
from bridge.intake.redelivery import REJECTED, Deliveries, Stamper, restamp
from bridge.message import Message
from bridge.mqtt.subscriptions import Subscriptions

# What a copy of a message says that counts by another copy.
REPEAT = Ignored("another_subscription")


class Intake:
    """For one thread; what it knows may be kept up to date by another."""

    def __init__(self, memory: Memory, allowance: Allowance | None = None) -> None:
        self.allowance = allowance or Allowance()
        self._memory = memory
        self._stamper = Stamper(memory.deliveries, memory.instants)
        self._decoder = listening.decoder(memory.facts)
        self.subscriptions = Subscriptions()  # of the session the messages come from
        self.waiting: list[Message] = []  # until their samples can be given a time

    @property
    def deliveries(self) -> Deliveries:
        """What the broker may send again."""
        return self._memory.deliveries

    def batches(self, generation: int, messages: list[Message]) -> Iterator[Batch]:
        """The messages of the connection `generation`, in as many batches as they need. From the
        first on that has no time and cannot be given one now, they are in `waiting`."""
        self.waiting = []
        for start in range(0, len(messages), MAX_BATCH_MESSAGES):
            batch = self.batch(generation, messages[start : start + MAX_BATCH_MESSAGES])
            taken = len(batch.messages)
            if taken:
                yield batch
            if start + taken < min(start + MAX_BATCH_MESSAGES, len(messages)):
                self.waiting = messages[start + taken :]
                return

    def batch(
        self,
        generation: int,
        messages: list[Message],
        stamps: Mapping[int, int] | None = None,
        decoded: Mapping[int, list[Item]] = MappingProxyType({}),
    ) -> Batch:
        """One batch of all these messages, or of the first ones if no time can be given to the
        next. `stamps`, by index, are those they were given when they were spooled; then none is
        given anew, and none is over its sender's limit. `decoded` is what some of them said then.
        """
        batch = Batch(generation, messages, stamps=dict(stamps or {}))
        series_ids: list[bytes] = []
        times_us: list[int] = []  # one a message
        values: list[float] = []
        decode = self._decode
        # Only where aliases are does anybody pay for them.
        read_plain = self._plain if self._memory.registry.renamed() else self._decoder.plain
        devices, series = self._memory.registry.devices(), self._memory.series.ids
        uids, counts, device_ids = batch.uids, batch.counts, batch.device_ids
        self._stamper.begin()
        live, at_once = stamps is None, self.subscriptions.first
        over = self.allowance.over() if live else NOBODY
        for index, message in enumerate(messages):
            if (
                live
                and (over or message.properties not in at_once)
                and (refused := self._refused(message, over)) is not None
            ):
                items = [refused]
            elif index in decoded or (plain := read_plain(message)) is None:
                items = decoded.get(index) or decode(message)
                if not self._stamp(batch, index, items, spooled=stamps):
                    break
            else:
                uid, time_us, said, shape = plain
                if message.dup or not time_us:
                    given = self._time_of(batch, index, plain, spooled=stamps)
                    if given is None:
                        break
                    time_us = given
                device = devices.get(uid)
                if device is not None and device.enabled and time_us:
                    known = series.get(device.id)
                    ids = known.packed(shape) if known is not None else None
                    if ids is not None:
                        uids.append(uid)
                        counts.append(len(shape))
                        device_ids.append(device.id)
                        times_us.append(time_us)
                        series_ids.append(ids)
                        values.extend(said.values())
                        continue
                items = [Telemetry(uid, [Sample(time_us, said)])]
            uids.append(items[0].uid)
            counts.append(0)
            device_ids.append(0)
            times_us.append(0)
            batch.items[index] = items
        del messages[len(uids) :]
        self._sum_up(batch, charged=live)
        if series_ids:
            all_ids = np.frombuffer(b"".join(series_ids), dtype=np.int32)
            batch.columns.append(Columns.of(all_ids, np.repeat(np.array(times_us), counts), values))
        return batch

    def _sum_up(self, batch: Batch, *, charged: bool) -> None:
        sizes = [len(message.payload) for message in batch.messages]
        batch.size = sum(sizes)
        if charged:
            self._charge(batch, sizes)
        batch.may_repeat = True in [message.dup for message in batch.messages]
        batch.serial = self._memory.deliveries.serial

    def _charge(self, batch: Batch, sizes: list[int]) -> None:
        uids, readings = batch.uids, batch.counts
        if batch.items:
            uids, readings = uids.copy(), readings.copy()
            for index, items in batch.items.items():
                readings[index] = readings_in(items)
                if len(batch.uids_of(index)) > 1:
                    uids[index] = ""
        topics = [message.topic for message in batch.messages]
        self.allowance.charge(topics, uids, sizes, readings)

    def _decode(self, message: Message) -> list[Item]:
        """What it says, of each device under its own uid."""
        items = self._decoder.decode(message)
        if renamed := self._memory.registry.renamed():
            for item in items:
                item.uid = renamed.get(item.uid, item.uid)
        return items

    def _plain(self, message: Message) -> Plain | None:
        """As the decoder's, under the device's own uid."""
        if (plain := self._decoder.plain(message)) is None:
            return None
        uid, time_us, said, shape = plain
        return self._memory.registry.renamed().get(uid, uid), time_us, said, shape

    def _refused(self, message: Message, over: Mapping[Hashable, str]) -> Item | None:
        """What is said of a message that is not to be read, None of one that is."""
        if message.properties not in self.subscriptions.first and self.subscriptions.is_repeat(
            message
        ):
            return REPEAT
        # What the broker sends again was let in, or refused, when it came first.
        if over and message.topic in over and not message.dup:
            return self.allowance.refuse(message.topic, len(message.payload))
        return None

    def _time_of(
        self, batch: Batch, index: int, plain: Plain, *, spooled: Mapping[int, int] | None
    ) -> int | None:
        """The time of a plain message without one, or that comes again; None while there is none
        to give, 0 if it was rejected when it came first."""
        message = batch.messages[index]
        uid, time_us, said, _ = plain
        if spooled is None and not message.dup:
            if first := self._stamper.give(message, uid):
                batch.stamps[index] = first
            return first or None
        sample = Sample(time_us, said)
        if not self._stamp(batch, index, [Telemetry(uid, [sample])], spooled=spooled):
            return None
        return 0 if batch.stamps.get(index) == REJECTED else sample.time_us

    def _stamp(
        self, batch: Batch, index: int, items: list[Item], *, spooled: Mapping[int, int] | None
    ) -> bool:
        if spooled is None:
            return self._stamper.stamp(batch, index, items)
        restamp(items, batch.stamps.get(index))
        return True
