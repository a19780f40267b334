"""The load of a proof: several device connections that share one ledger."""

from __future__ import annotations

import random
import time

from embedded.prove.ledger import LATE, POISON, TIMED, Ledger
from embedded.prove.messages import Messages
from embedded.prove.publisher import Address, Publisher

CONNECTIONS = 4
RECENT = 2_000  # the newest numbers duplicates are made of
POLL = 0.05  # seconds between two looks


class Load:
    """Starts with `run`; every message is in `ledger`."""

    def __init__(self, address: Address, messages: Messages, rate: float) -> None:
        self.ledger = Ledger()
        self.messages = messages
        self.rate = rate
        self._publishers = [
            Publisher(
                address,
                f"prove-{messages.run}-publisher-{number}",
                ledger=self.ledger,
                messages=messages,
            )
            for number in range(CONNECTIONS)
        ]

    def start(self) -> None:
        for publisher in self._publishers:
            publisher.start()
        self.faster(1.0)

    def faster(self, factor: float) -> None:
        """Set the rate to so much of the usual one; 0 ends it."""
        for publisher in self._publishers:
            publisher.rate = self.rate * factor / CONNECTIONS

    def again(self, count: int, chance: random.Random) -> None:
        """Send copies of timed messages that were acknowledged a moment ago."""
        ledger = self.ledger
        newest = len(ledger)
        recent = range(max(0, newest - RECENT), newest)
        known = [n for n in recent if ledger.kinds[n] == TIMED and ledger.acked_at[n]]
        self._aside(chance.sample(known, min(count, len(known))))

    def late(self, count: int) -> None:
        """Send readings of days ago."""
        self._aside([self.ledger.add(LATE) for _ in range(count)])

    def poison(self, count: int) -> None:
        """Send what must end in quarantine, of all sorts."""
        self._aside([self.ledger.add(POISON) for _ in range(count)])

    def finish(self, within: float) -> bool:
        """Publish nothing new; whether all was acknowledged within that many seconds."""
        self.faster(0.0)
        deadline = time.monotonic() + within
        while any(publisher.waiting for publisher in self._publishers):
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL)
        return True

    def end(self) -> None:
        self.faster(0.0)
        for publisher in self._publishers:
            if publisher.is_alive():
                publisher.end()

    def _aside(self, numbers: list[int]) -> None:
        for index, number in enumerate(numbers):
            self._publishers[index % CONNECTIONS].aside.append(number)
