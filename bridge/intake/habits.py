"""What came under a topic last, so that the next message of its kind needs one look-up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from bridge.decode.device_time import LATEST_AHEAD_US
from bridge.decode.plain import (
    MAX_TOPICS,
    TIMED_BEGINS,
    TIMED_COLONS,
    Shape,
    read_bare,
    read_timed,
)
from bridge.intake.batch import Batch, Columns
from bridge.intake.memory import Memory
from bridge.message import MAX_PAYLOAD, Message


class Habit(NamedTuple):
    """What the ordinary messages of a topic have in common."""

    shape: Shape  # the metric names, in order
    series_ids: bytes  # of these, int32 of this machine
    uid: str
    device_id: int
    metrics: int  # how many


class Habits:
    """By topic, for one thread. Forgotten when any device or series is another than it was: to find
    out of whose message that would be true costs more than to learn all of them again."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._known_at = (0, 0)  # versions of the pictures of devices and series
        self._by_topic: dict[bytes, Habit] = {}

    def known(self) -> dict[bytes, Habit]:
        """What is known by now, to learn into; for one batch, before it is looked at."""
        # Read before what is learned is: a change meanwhile is one that is not known yet.
        now = self._memory.registry.version, self._memory.series.version
        if now != self._known_at or len(self._by_topic) >= MAX_TOPICS:
            self._known_at = now
            self._by_topic = {}
        return self._by_topic


END = -1  # no message is left


class Growing:
    """The columns of a batch while its messages are read, one after another."""

    def __init__(self) -> None:
        self._said: list[Habit] = []  # one a message
        self._times_us: list[int] = []  # one a message
        self._values: list[float] = []
        self._nothing: dict[str, Habit] = {}  # what stands for messages that keep their items

    def __len__(self) -> int:
        """How many messages were added."""
        return len(self._said)

    def add_nothing(self, uid: str) -> None:
        """The next message, which keeps its items."""
        if (habit := self._nothing.get(uid)) is None:
            habit = self._nothing[uid] = Habit((), b"", uid, 0, 0)
        self._said.append(habit)
        self._times_us.append(0)

    def add(self, habit: Habit, time_us: int, values: Mapping[str, float]) -> None:
        """The next message."""
        self._said.append(habit)
        self._times_us.append(time_us)
        self._values.extend(values.values())

    def run(
        self,
        messages: Iterator[Message],
        habits: Mapping[bytes, Habit],
        stamp: Callable[[Message, str], int],
        stamps: dict[int, int],
    ) -> int:
        """Add the next ones as long as each is what its topic has brought before. The index of the
        first that is not, which is taken too; END when there are no more. `stamp` gives one without
        a time its own, or 0; it is noted in `stamps`.

        This is `PlainReader.read` and all that follows it in one loop: there each call costs as
        much as decoding does.
        """
        said, times_us, extend = self._said, self._times_us, self._values.extend
        habit_of = habits.get
        for message in messages:
            habit = habit_of(message.topic)
            if habit is None:
                return len(said)
            payload = message.payload
            try:
                if payload.startswith(TIMED_BEGINS):
                    timed = read_timed(payload)
                    time_us, values, colons = timed.ts * 1_000, timed.values, TIMED_COLONS
                else:
                    time_us, values, colons = 0, read_bare(payload), 0
            except Exception:  # noqa: BLE001  (the long way finds out what it is, and says so)
                return len(said)
            if (
                tuple(values) != habit[0]
                # More of them than names: a metric is named twice.
                or payload.count(b":") != habit[4] + colons
                or time_us > message.received_us + LATEST_AHEAD_US
            ):
                return len(said)
            if not time_us:
                if message.retain or not (time_us := stamp(message, habit[2])):
                    return len(said)
                stamps[len(said)] = time_us
            said.append(habit)
            times_us.append(time_us)
            extend(values.values())
        return END

    def give(self, batch: Batch) -> None:
        """Have the batch hold the messages that were added, and their readings."""
        said = self._said
        del batch.messages[len(said) :]
        batch.uids = [habit[2] for habit in said]
        batch.device_ids = [habit[3] for habit in said]
        batch.counts = [habit[4] for habit in said]
        if self._values:
            series_ids = np.frombuffer(b"".join([habit[1] for habit in said]), dtype=np.int32)
            times_us = np.repeat(np.array(self._times_us), batch.counts)
            batch.columns.append(Columns.of(series_ids, times_us, self._values))


def are_usual(messages: list[Message], sizes: list[int], at_once: frozenset[bytes]) -> bool:
    """Whether none of them came before, is too large, or has to be looked at for how it came."""
    return (
        max(sizes, default=0) <= MAX_PAYLOAD
        and True not in [message.dup for message in messages]
        and at_once.issuperset([message.properties for message in messages])
    )
