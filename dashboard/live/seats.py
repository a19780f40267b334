"""How many live sockets one login and one address have open at this process.

Each costs memory, a watch over its login and a share of every event, for as long as it is open: the
rate of requests does not bound it.
"""

from __future__ import annotations

from collections import Counter

from django.conf import settings

LOGINS_OF_AN_ADDRESS = 10  # logins with all their sockets that one address may have


class Full(Exception):
    """There are as many as there may be; says of what."""


class Seats:
    """Of one process; its sockets come and go in one event loop."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()
        self.refused = 0  # sockets, since the process began

    def take(self, kind: str, key: str) -> str:
        """One more of this login or address. What it gives is to be given back. Raises `Full`."""
        name = f"{kind} {key}"
        most = settings.LIVE_SOCKETS * (LOGINS_OF_AN_ADDRESS if kind == "address" else 1)
        if self._taken[name] >= most:
            self.refused += 1
            raise Full(f"One {kind} may have {most} live connections open.")
        self._taken[name] += 1
        return name

    def give_back(self, name: str) -> None:
        self._taken[name] -= 1
        if not self._taken[name]:
            del self._taken[name]


seats = Seats()
