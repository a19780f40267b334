"""How much one sender may cost, so that one noisy device delays no other.

Asked before a message is decoded: what is over the limit costs next to nothing. What a message cost
is known when it was decoded, and is charged then, so the last one may go beyond. A message counts
as ten readings beside its own, and a hundred bytes as one: they are work too.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence, Set
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from django.conf import settings

from bridge.decode.items import Item, Problem, Reason, Rejected, Telemetry
from bridge.message import Message

S = TypeVar("S", bound=Hashable)

# What things cost, in the cost of a byte.
MESSAGE = 1_000
READING = 100
AT_ONCE = 5  # seconds' worth that a sender may cost at once, after a pause
# Of what is over, seconds' worth that is kept at once. To keep a message costs more than to store
# its readings, and others wait for it.
KEPT_AT_ONCE = 1
LOOK_EVERY = 0.5  # seconds between two looks at who may send again
PAUSE = 1.0  # seconds in which nothing was read, after which messages have piled up

# Refused messages of one sender, beyond so many a second. Who sends as much floods: on its way here
# what others send waits behind it, so that to refuse it costs them time as well.
FLOOD, FLOOD_RATE = 5_000, 500
MAX_FLOODING = 20  # that nobody has asked about yet; whoever floods on is named again

NOBODY: Mapping[Hashable, str] = {}


class Arrived(NamedTuple):
    """What of one sender is here and not decoded yet."""

    messages: int
    cost: int  # without that of the readings


class Allowance:
    """For one thread. A sender is whatever tells one from another before decoding: a topic."""

    def __init__(
        self, readings: int | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`readings` a second of one sender; `clock` gives monotonic seconds."""
        self._readings = settings.DEVICE_READINGS if readings is None else readings
        self._problem = Problem(Reason.OVER_LIMIT, self.limit)  # the same for all of a flood
        self._rate = self._readings * READING  # a second
        self._most = AT_ONCE * self._rate
        # What each may cost beside, for it may have sent it while nobody read here. It is taken off
        # what one has spent: who spent more than both is over still when the pause is forgotten.
        self._credit = 0
        self._clock = clock
        self._looked_at = clock()
        self._pardoned_until = 0.0  # by the clock
        self._read_at = clock()
        self._spent: dict[Hashable, int] = {}
        self._over: dict[Hashable, str] = {}  # by sender: its uid, "" where it has many
        self._kept: dict[Hashable, int] = {}  # what was spent on messages over the limit
        self._counted: dict[str, Rejected] = {}  # what is said of one that is not kept, by uid
        self._refused: dict[Hashable, int] = {}  # messages of a sender, less FLOOD_RATE a second
        self._expected: dict[Hashable, int] = {}  # cost of what is here and was not charged yet
        # Who sent it, and its uid, "" where it has many.
        self._flooding: deque[tuple[Hashable, str]] = deque(maxlen=MAX_FLOODING)

    def over(self) -> Mapping[Hashable, str]:
        """Who may not send now, with the uid of each; "" where it speaks for many."""
        now = self._clock()
        elapsed = now - self._looked_at
        if elapsed >= LOOK_EVERY:
            self._looked_at = now
            if self._credit and now > self._pardoned_until:
                self.caught_up()
            self._spent = _less(self._spent, int(elapsed * self._rate), -self._credit)
            self._kept = _less(self._kept, int(elapsed * self._rate))
            self._refused = _less(self._refused, int(elapsed * FLOOD_RATE))
            self._over = {each: uid for each, uid in self._over.items() if self._is_over(each)}
            self._counted = {}
        return self._over

    def _is_over(self, sender: Hashable) -> bool:
        return self._spent.get(sender, -self._credit) + self._expected.get(sender, 0) > self._most

    def expect(self, by_sender: Mapping[S, Arrived]) -> Set[S]:
        """So much came, and is to be taken in later. Who had sent as much as it may before: all of
        this of theirs is to be refused, and who floods is known by it already."""
        self.over()  # what was earned meanwhile
        late = {sender for sender in by_sender if self._is_over(sender)}
        for sender in late:
            self._count_refused(sender, by_sender[sender].messages)
        for sender, arrived in by_sender.items():
            self._expected[sender] = self._expected.get(sender, 0) + arrived.cost
        return late

    def take(
        self, by_sender: Mapping[S, Arrived], late: Mapping[S, str] = MappingProxyType({})
    ) -> None:
        """It is taken in now, to be charged. `late`: those that were, with the uid of each; all of
        theirs is to be refused."""
        for sender, arrived in by_sender.items():
            left = self._expected.get(sender, 0) - arrived.cost
            if left > 0:
                self._expected[sender] = left
            else:
                self._expected.pop(sender, None)
        over = dict(self._over)  # never changed in place: somebody may look at it
        for sender, uid in late.items():
            over.setdefault(sender, uid)
            # Each is counted as it is refused.
            self._refused[sender] = self._refused.get(sender, 0) - by_sender[sender].messages
        self._over = over

    def charge(
        self,
        senders: Sequence[Hashable],
        uids: Sequence[str],
        sizes: Sequence[int],
        readings: Sequence[int],
    ) -> None:
        """Messages were decoded: of whom, of how many bytes, with how many readings. Those of
        senders that are over already are not charged: they were refused."""
        spent, most, over = self._spent, self._most, self._over
        before, none = spent.get, -self._credit
        found = []
        for sender, size, count in zip(senders, sizes, readings, strict=True):
            if sender in over:
                continue
            cost = spent[sender] = before(sender, none) + MESSAGE + size + READING * count
            if cost > most:
                found.append(sender)
        if found:
            uid_of = dict(zip(senders, uids, strict=True))
            self._over = over | {sender: uid_of[sender] for sender in found}

    def refuse(self, sender: Hashable, size: int) -> Item:
        """What is said of a message of so many bytes, whose sender is over. As much a second as it
        may send is kept of what it sends beyond; after that it is counted only, and the same is
        said of all of these."""
        uid = self._over.get(sender, "")
        self._count_refused(sender, 1)
        cost = self._kept.get(sender, 0) + MESSAGE + size
        if cost <= KEPT_AT_ONCE * self._rate:
            self._kept[sender] = cost
            return Rejected(uid, self._problem)
        if (counted := self._counted.get(uid)) is None:
            counted = self._counted[uid] = Rejected(uid, self._problem, kept=False)
        return counted

    def _count_refused(self, sender: Hashable, messages: int) -> None:
        self._refused[sender] = refused = self._refused.get(sender, 0) + messages
        if refused > FLOOD:
            del self._refused[sender]
            self._flooding.append((sender, self._over.get(sender, "")))

    def flooding(self) -> set[tuple[Hashable, str]]:
        """Who floods since this was asked before, each with its uid. For any thread."""
        found = set()
        while self._flooding:
            found.add(self._flooding.popleft())
        return found

    @property
    def limit(self) -> str:
        """The limit in words."""
        return (
            f"more than {self._readings} readings a second, of which a message counts as"
            f" {MESSAGE // READING} beside its own, and {READING} bytes as one"
        )

    def wait(self, sender: Hashable) -> float:
        """The seconds until this sender may send again."""
        return max(0.0, (self._spent.get(sender, 0) - self._most) / self._rate) + LOOK_EVERY

    def was_away(self, seconds: float) -> None:
        """Nobody has read what waits for us for so long."""
        self._read_at = self._clock() - seconds

    def reads(self) -> None:
        """What waits for us is read now. After a pause that is what was sent in it as well, and
        each sender may have sent for as long."""
        now = self._clock()
        if (pause := now - self._read_at) > PAUSE:
            self._credit += int(pause * self._rate)
            self._pardoned_until = max(self._pardoned_until, now) + pause
        self._read_at = now

    def caught_up(self) -> None:
        """What was sent meanwhile is here. Who sent more than it could have stays over."""
        if self._credit:
            self._credit = 0
            self._spent = _less(self._spent, 0)


def arrived(messages: Iterable[Message]) -> dict[bytes, Arrived]:
    """What came of each topic."""
    counts: Counter[bytes] = Counter()
    sizes: Counter[bytes] = Counter()
    for message in messages:
        counts[message.topic] += 1
        sizes[message.topic] += len(message.payload)
    return {
        topic: Arrived(count, count * MESSAGE + sizes[topic]) for topic, count in counts.items()
    }


def readings_in(items: Iterable[Item]) -> int:
    """How many readings a decoded message has."""
    found = 0
    for item in items:
        if isinstance(item, Telemetry):
            for sample in item.samples:
                found += len(sample.values)
    return found


def _less(spent: dict[Hashable, int], earned: int, least: int = 0) -> dict[Hashable, int]:
    return {sender: left for sender, cost in spent.items() if (left := cost - earned) > least}
