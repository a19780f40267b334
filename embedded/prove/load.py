"""The load of a proof: several device connections that share one ledger."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Sequence

from embedded.prove.ledger import LATE, POISON, TIMED, Ledger
from embedded.prove.messages import Messages
from embedded.prove.publisher import Address, Publisher
from embedded.prove.web import Poster

CONNECTIONS = 4
POSTED = 0.05  # of the rate, to each web process beside what goes over MQTT
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
        self._posters: list[Poster] = []

    def post_to(self, ports: Iterable[int], tokens: Sequence[str]) -> None:
        """Before `start`: post to these web processes as well."""
        self._posters = [Poster(port, self.ledger, self.messages, tokens) for port in ports]

    def start(self) -> None:
        for publisher in self._publishers:
            publisher.start()
        for poster in self._posters:
            poster.start()
        self.faster(1.0)

    def faster(self, factor: float) -> None:
        """Set the rate to so much of the usual one; 0 ends it."""
        for publisher in self._publishers:
            publisher.rate = self.rate * factor / CONNECTIONS
        for poster in self._posters:
            poster.rate = self.rate * min(1.0, factor) * POSTED

    def is_posted_since(self, moment: float) -> bool:
        """Whether each web process has acknowledged what was sent to it after this moment
        (monotonic seconds)."""
        return all(poster.answered > moment for poster in self._posters)

    def again(self, count: int, chance: random.Random) -> None:
        """Send copies of timed messages that the broker acknowledged a moment ago."""
        ledger = self.ledger
        newest = len(ledger)
        recent = range(max(0, newest - RECENT), newest)
        timed = {n for n in recent if ledger.kinds[n] == TIMED and ledger.acked_at[n]}
        known = sorted(timed - ledger.posted)  # those have other metrics
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
        while any(each.waiting for each in self._senders()):
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL)
        return True

    def end(self) -> None:
        self.faster(0.0)
        for each in self._senders():
            if each.is_alive():
                each.end()

    def _senders(self) -> list[Publisher | Poster]:
        return [*self._publishers, *self._posters]

    def _aside(self, numbers: list[int]) -> None:
        for index, number in enumerate(numbers):
            self._publishers[index % CONNECTIONS].aside.append(number)
