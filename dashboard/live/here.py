"""Tells who has a page open at this process, and the pages when that is another than before."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable

import redis

from devices.clock import now_ms
from devices.events import announce
from shiftlog import here
from telemetry.live import contract

logger = logging.getLogger(__name__)

SAY_EVERY = here.SAID_FOR / 3_000  # seconds
LINGER = 10.0  # seconds in which somebody comes back: a page that is left opens another


class Here:
    """Of one hub. `look` costs nothing while nobody came or went."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._process = uuid.uuid4().hex
        self._since: dict[str, int] = {}  # Unix ms
        self._seen_at: dict[str, float] = {}
        self._said: dict[str, int] = {}
        self._say_due = 0.0
        self._all: dict[str, int] | None = None  # as it was told last
        self._is_missed = False  # what was told may not have arrived
        self._task: asyncio.Task[None] | None = None

    def look(self, names: set[str]) -> None:
        """These have a page open. Called again and again."""
        now = self._loop.time()
        for name in names:
            self._since.setdefault(name, now_ms())
            self._seen_at[name] = now
        for name, at in tuple(self._seen_at.items()):
            if now - at > LINGER:
                del self._seen_at[name], self._since[name]
        due = self._since != self._said or (now >= self._say_due and (self._said or self._since))
        if (due or self._is_missed) and (self._task is None or self._task.done()):
            if self._is_missed:
                self._is_missed, self._all = False, None
            self._say_due = now + SAY_EVERY
            self._task = asyncio.create_task(self._say(dict(self._since)), name="live here")

    def missed(self) -> None:
        """Something told may not have arrived: it is told again."""
        self._is_missed = True

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._do(lambda: here.say(self._process, {}))

    async def _say(self, people: dict[str, int]) -> None:
        if await self._do(lambda: self._tell(people)):
            self._said = people

    def _tell(self, people: dict[str, int]) -> None:
        here.say(self._process, people)
        everybody = here.people()
        if everybody != self._all:
            said = [{"name": name, "since": since} for name, since in everybody.items()]
            announce(contract.event("log_here", people=said))
            self._all = everybody

    @staticmethod
    async def _do(act: Callable[[], None]) -> bool:
        """In a thread, because Redis may not answer; then it is said again."""
        try:
            await asyncio.to_thread(act)
        except redis.RedisError as exc:
            logger.info("who is here is not told: %s", exc, extra={"action": "live_here"})
            return False
        return True
