"""The ledger: every message has a number; what was sent, what was acknowledged, and when."""

from __future__ import annotations

import math
import threading
import time
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

TIMED, STAMPED, LATE, POISON = range(4)  # kinds of messages
MAX_SENDS = 255  # counted of one message; a byte each
LISTED = 20  # missing or doubled numbers that are named
READ_LATE = 2.0  # seconds an acknowledgement may lie unread on a busy machine
BROKER_MEMORY = 120.0  # seconds before a broker kill in which a message may be redelivered anew


@dataclass(frozen=True, slots=True)
class BrokerKill:
    """A broker that was killed, with the moments that bound what it forgot (monotonic seconds)."""

    saved: float  # its last snapshot
    killed: float


@dataclass(slots=True)
class Forgotten:
    """A broker that came back without the bridges' subscriptions (monotonic seconds)."""

    begun: float
    found: float = math.inf  # a bridge had subscribed again: a message published after was stored


@dataclass(slots=True)
class Verdict:
    """What the comparison found."""

    sent: int = 0
    acked: int = 0
    stored: int = 0
    lost: list[int] = field(default_factory=list)
    duplicated: list[int] = field(default_factory=list)
    resent_unstamped_doubles: int = 0
    lost_by_broker: int = 0
    doubled_by_broker: int = 0

    @property
    def holds(self) -> bool:
        return not self.lost and not self.duplicated


class Ledger:
    """Columns by number. The publishers write, whoever compares reads."""

    def __init__(self) -> None:
        self.kinds = bytearray()
        self.sends = bytearray()
        self.acked_at = array("d")  # monotonic seconds, 0: not acknowledged
        self.broker_kills: list[BrokerKill] = []
        self.forgotten: list[Forgotten] = []
        self.posted: set[int] = set()  # numbers that went over HTTP
        self.refused = 0
        self.unheard: set[int] = set()  # acknowledged with "no matching subscribers"
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.kinds)

    def add(self, kind: int) -> int:
        """The number of a new message."""
        with self._lock:
            self.sends.append(0)
            self.acked_at.append(0.0)
            self.kinds.append(kind)
            return len(self.kinds) - 1

    def sending(self, number: int) -> None:
        """One more copy is about to leave. Said before it does: it may arrive and be cut off."""
        with self._lock:
            self.sends[number] = min(MAX_SENDS, self.sends[number] + 1)

    def acknowledged(self, number: int) -> None:
        if not self.acked_at[number]:
            self.acked_at[number] = time.monotonic()

    def kept_for_nobody(self, number: int) -> None:
        """Acknowledged, by a broker that knew of no one to give it to."""
        self.unheard.add(number)
        self.acknowledged(number)

    def subscribed_again(self) -> None:
        """From now on the broker has someone to give messages to."""
        now = time.monotonic()
        for each in self.forgotten:
            each.found = min(each.found, now)

    def sent(self) -> int:
        return len(self.sends) - self.sends.count(0)

    def acked(self) -> int:
        return len(self.acked_at) - self.acked_at.count(0.0)

    def compare(self, stored: Iterable[int], quarantined: Iterable[int]) -> Verdict:
        """Hold what is there, each number as often as it is there, against what was sent."""
        size = len(self)
        copies = array("H", bytes(2 * size))
        for number in stored:
            if not 0 <= number < size:
                raise ValueError(f"the store holds number {number}, which was never sent")
            copies[number] = min(copies[number] + 1, 0xFFFF)
        kept = {number for number in quarantined if number < size and self._is_poison(number)}
        verdict = Verdict(self.sent(), self.acked())
        for number in range(size):
            there = copies[number] or number in kept
            verdict.stored += bool(there)
            if not there and self.acked_at[number]:
                self._missing(verdict, number)
            elif copies[number] > 1:
                self._several(verdict, number, copies[number])
        return verdict

    def _is_poison(self, number: int) -> bool:
        return self.kinds[number] == POISON

    def _missing(self, verdict: Verdict, number: int) -> None:
        at = self.acked_at[number]
        # A second of slack: the snapshot's time is when its file was complete.
        in_no_snapshot = any(kill.saved - 1 <= at <= kill.killed for kill in self.broker_kills)
        # A broker that forgot the subscriptions says itself which messages it kept for nobody.
        # Outside those moments the same words mean that a bridge did not subscribe.
        for_nobody = number in self.unheard and any(
            each.begun <= at <= each.found + READ_LATE for each in self.forgotten
        )
        if in_no_snapshot or for_nobody:
            verdict.lost_by_broker += 1
        else:
            verdict.lost.append(number)

    def _several(self, verdict: Verdict, number: int, copies: int) -> None:
        """More than one row. Two copies of a message without a time are two messages to the broker
        when its sender sent two, because it never saw the first acknowledged."""
        sends, at = self.sends[number], self.acked_at[number]
        if self.kinds[number] == STAMPED and copies <= sends:
            verdict.resent_unstamped_doubles += 1
        elif self.kinds[number] == STAMPED and any(
            kill.killed - BROKER_MEMORY <= at <= kill.killed for kill in self.broker_kills
        ):
            verdict.doubled_by_broker += 1
        else:
            verdict.duplicated.append(number)
