"""Whether any dashboard process listens to the live readings: without one, nobody pays for them."""

from __future__ import annotations

import asyncio
import time

from channels.layers import get_channel_layer
from django.conf import settings
from redis import RedisError
from redis.asyncio import Redis

from telemetry.live import contract

LOOK_EVERY = 0.5  # seconds between two looks
ANSWER_TIMEOUT = 1.0  # seconds


class Listeners:
    """Asks Redis how many subscribe to the groups. Lives in the live thread's event loop."""

    def __init__(self) -> None:
        self._present = True
        self._looked_at = 0.0
        self._redis: Redis | None = None

    async def is_present(self) -> bool:
        """Whether someone listens, as of the last look; yes while Redis does not say."""
        if time.monotonic() - self._looked_at >= LOOK_EVERY:
            self._present = await self._ask()
            self._looked_at = time.monotonic()
        return self._present

    async def close(self) -> None:
        if self._redis is not None:
            await self._redis.aclose()

    async def _ask(self) -> bool:
        # The layer's own name for a group's Redis channel; should it ever go, all is sent again.
        name_of = getattr(get_channel_layer(), "_get_group_channel_name", None)
        if name_of is None:
            return True
        if self._redis is None:
            self._redis = Redis.from_url(settings.REDIS_URL, socket_timeout=ANSWER_TIMEOUT)
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                counts = await self._redis.pubsub_numsub(*map(name_of, contract.shard_groups()))
        except (RedisError, OSError, TimeoutError):
            return True
        return any(count for _, count in counts)
