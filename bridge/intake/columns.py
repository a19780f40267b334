"""What the network thread does with messages: decode, stamp, and put ordinary ones into columns.

An ordinary message is a plain one of a known device all of whose metrics have a series. Its
readings go into columns while they are in the processor's cache; any other keeps its items, and
`bridge.commit.rows` sees to it with the database at hand. Nothing here waits or asks anyone.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Set
from functools import partial
from types import MappingProxyType

from bridge import listening
from bridge.decode.items import Ignored, Item, Sample, Telemetry
from bridge.decode.plain import Plain
from bridge.intake.allowance import NOBODY, Allowance, Arrived, readings_in
from bridge.intake.batch import MAX_BATCH_MESSAGES, Batch
from bridge.intake.habits import END, Growing, Habit, Habits, are_usual
from bridge.intake.memory import Memory
from bridge.intake.redelivery import REJECTED, Deliveries, Stamper, restamp
from bridge.intake.senders import Sender, Senders
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
        self._habits = Habits(memory)
        self._senders = Senders()
        self.subscriptions = Subscriptions()  # of the session the messages come from
        self.waiting: list[Message] = []  # until their samples can be given a time

    @property
    def deliveries(self) -> Deliveries:
        """What the broker may send again."""
        return self._memory.deliveries

    def begin_with(
        self, messages: list[Message], by_topic: Mapping[bytes, Arrived], late: Set[bytes]
    ) -> None:
        """These come next, of which it is known how many are of each topic, and which topics are
        `late`: more than as much as one may send had come when these came."""
        uids: dict[bytes, str] = {}
        for message in messages:
            if len(uids) == len(late):
                break
            if message.topic in late and message.topic not in uids:
                said = {item.uid for item in self._decode(message)}
                uids[message.topic] = said.pop() if len(said) == 1 else ""
        self.allowance.take(by_topic, uids)

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
        sizes = [len(message.payload) for message in messages]
        growing, habits = Growing(), self._habits.known()
        decode = self._decode
        # Only where aliases are does anybody pay for them.
        read_plain = self._plain if self._memory.registry.renamed() else self._decoder.plain
        self._stamper.begin()
        live, at_once = stamps is None, self.subscriptions.first
        over = self.allowance.over() if live else NOBODY
        if live and not over and are_usual(messages, sizes, at_once):
            # Those that are ordinary like the last of their topic are taken on the way.
            given = iter(messages), habits, self._stamper.give, batch.stamps
            run: Iterable[int] = iter(partial(growing.run, *given), END)
        elif over:
            # As for those that are to be refused: they are many, and others wait behind them.
            refuse = partial(self._refuse_next, iter(messages), over, growing, batch.items)
            run = iter(refuse, END)
        else:
            run = range(len(messages))
        for index in run:
            message = messages[index]
            if live and message.properties not in at_once and self.subscriptions.is_repeat(message):
                items: list[Item] = [REPEAT]
            elif index in decoded or (plain := read_plain(message)) is None:
                items = decoded.get(index) or decode(message)
                if not self._stamp(batch, index, items, spooled=stamps):
                    break
            else:
                uid, said_us, values, _ = plain
                time_us: int | None = said_us
                if message.dup or not said_us:
                    time_us = self._time_of(batch, index, plain, spooled=stamps)
                    if time_us is None:
                        break
                if time_us and (habit := self._habit(plain)) is not None:
                    habits[message.topic] = habit
                    growing.add(habit, time_us, values)
                    continue
                items = [Telemetry(uid, [Sample(time_us or 0, values)])]
            growing.add_nothing(items[0].uid)
            batch.items[index] = items
        growing.give(batch)
        self._sum_up(batch, sizes[: len(batch.messages)], over, charged=live)
        return batch

    def _habit(self, plain: Plain) -> Habit | None:
        """What a plain message is an example of, if its device and all its metrics are known."""
        uid, _, _, shape = plain
        device = self._memory.registry.devices().get(uid)
        if device is None or not device.enabled:
            return None
        known = self._memory.series.ids.get(device.id)
        ids = known.packed(shape) if known is not None else None
        return None if ids is None else Habit(shape, ids, uid, device.id, len(shape))

    def _sum_up(
        self, batch: Batch, sizes: list[int], over: Mapping[Hashable, str], *, charged: bool
    ) -> None:
        batch.size = sum(sizes)
        if charged:
            self._charge(batch, sizes, over)
        batch.may_repeat = True in [message.dup for message in batch.messages]
        batch.serial = self._memory.deliveries.serial

    def _charge(self, batch: Batch, sizes: list[int], over: Mapping[Hashable, str]) -> None:
        """What was let through: who is over already pays nothing."""
        uids, readings = batch.uids, batch.counts
        topics = [message.topic for message in batch.messages]
        if batch.items:
            uids, readings = uids.copy(), readings.copy()
            for index, items in batch.items.items():
                if topics[index] in over:
                    continue
                readings[index] = readings_in(items)
                if len(batch.uids_of(index)) > 1:
                    uids[index] = ""
        self.allowance.charge(topics, uids, sizes, readings)

    def _decode(self, message: Message) -> list[Item]:
        """What it says, of each device under its own uid."""
        items = self._decoder.decode(message)
        if renamed := self._memory.registry.renamed():
            for item in items:
                item.uid = renamed.get(item.uid, item.uid)
        self._senders.note(message.topic, items, self._decoder.use)
        return items

    def sender_of(self, topic: bytes) -> Sender:
        """The one device a topic speaks for, as far as it is known."""
        return self._senders.of(topic, self._memory.registry.renamed())

    def _plain(self, message: Message) -> Plain | None:
        """As the decoder's, under the device's own uid."""
        if (plain := self._decoder.plain(message)) is None:
            return None
        uid, time_us, said, shape = plain
        return self._memory.registry.renamed().get(uid, uid), time_us, said, shape

    def _refuse_next(
        self,
        messages: Iterator[Message],
        over: Mapping[Hashable, str],
        growing: Growing,
        said: dict[int, list[Item]],
    ) -> int:
        """Add the next ones as long as their senders are over the limit, and what is said of each.
        The index of the first whose sender is not, which is taken too; END when there are no more.
        """
        at_once, is_repeat = self.subscriptions.first, self.subscriptions.is_repeat
        refuse = self.allowance.refuse
        for message in messages:
            index, topic = len(growing), message.topic
            # What the broker sends again was let in, or refused, when it came first.
            if topic not in over or message.dup:
                return index
            if message.properties not in at_once and is_repeat(message):
                return index
            item = refuse(topic, len(message.payload))
            said[index] = [item]
            growing.add_nothing(item.uid)
        return END

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
