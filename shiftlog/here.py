"""Who is here: whoever has a page open. Each web process says so of its own, in Redis, again and
again; what one says that was killed is forgotten by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import msgspec
from django.conf import settings

from devices import clock, quick_redis

SAID_FOR = 45_000  # ms a process's word counts; it says it again each third of that

Said = tuple[str, str, int]  # process, name of a user, since when in Unix ms


def say(process: str, people: Mapping[str, int]) -> None:
    """These are here, since then, as this process sees it; in place of what it said before. Raises
    `redis.RedisError`."""
    now = clock.now_ms()
    pipe = quick_redis.client(settings.REDIS_URL).pipeline()
    for kept, (of, name, since) in _said(now).items():
        if of == process and people.get(name) != since:
            pipe.zrem(_key(), kept)
    for name, since in people.items():
        pipe.zadd(_key(), {msgspec.json.encode((process, name, since)): now + SAID_FOR})
    pipe.zremrangebyscore(_key(), "-inf", now)
    pipe.execute()


def people() -> dict[str, int]:
    """Names, and since when each is here in Unix ms, in the order in which they came. Raises
    `redis.RedisError`."""
    since: dict[str, int] = {}
    for _, name, came in _said(clock.now_ms()).values():
        since[name] = min(came, since.get(name, came))
    return dict(sorted(since.items(), key=lambda each: (each[1], each[0])))


def _said(since: float) -> dict[bytes, Said]:
    """What counts then, as it is kept and as it is meant."""
    client = quick_redis.client(settings.REDIS_URL)
    kept = cast("list[bytes]", client.zrangebyscore(_key(), since, "+inf"))
    return {each: msgspec.json.decode(each, type=Said) for each in kept}


def _key() -> str:
    return f"{settings.PULSEBOARD_PREFIX}:here"
