"""Redis as a request uses it: asked with little patience, for what can be done without."""

from __future__ import annotations

from functools import lru_cache

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

TIMEOUT = 0.5  # seconds to connect, and of each answer; tried twice


@lru_cache(maxsize=4)
def client(url: str) -> redis.Redis:
    """The same for each address, with its connections. Its calls raise `redis.RedisError`."""
    return redis.Redis.from_url(
        url,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        retry=Retry(NoBackoff(), 1),  # one: a connection that Redis closed while idle
    )
