"""The connections of ThingsBoard's devices that are open, and what they share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

LARGE_AT_ONCE = 64  # large packets that are held at once


@dataclass(slots=True)
class OpenConnections:
    """The connections there are. For one event loop."""

    by_client: dict[tuple[str, str], asyncio.Task[None]] = field(default_factory=dict)
    of_token: dict[str, int] = field(default_factory=dict)  # how many
    large: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LARGE_AT_ONCE))
    refused: int = 0  # connections that no token opened, or that were too many
    cut: int = 0  # connections that we ended, for a packet, a token or the database

    def add(self, token: str, client_id: str) -> asyncio.Task[None]:
        """Take the connection in that the current task serves. One that had the client id ends."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101
        key = (token, client_id)
        if (earlier := self.by_client.get(key)) is not None:
            earlier.cancel()
        self.by_client[key] = task
        self.of_token[token] = self.of_token.get(token, 0) + 1
        return task

    def forget(self, token: str, client_id: str, task: asyncio.Task[None]) -> None:
        """Nobody who comes with the client id need end this task any more."""
        if self.by_client.get((token, client_id)) is task:
            del self.by_client[token, client_id]

    def take_out(self, token: str) -> int:
        """One of the token's is over; how many it has still."""
        self.of_token[token] -= 1
        if not self.of_token[token]:
            del self.of_token[token]
            return 0
        return self.of_token[token]
