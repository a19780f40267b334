"""The channel layer: one PUBLISH a message over Redis."""

from __future__ import annotations

from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


class RedisChannelLayer(RedisPubSubChannelLayer):
    """One that asks again, once and over a new connection, when Redis or what is between closed the
    one it keeps. Without, the first message after that is lost, and with an announcement no page
    knows that it missed one: the connection that listens is another, and stands."""

    def __init__(self, url: str, **options: Any) -> None:
        host = {"address": url, "retry": Retry(NoBackoff(), 1)}
        super().__init__(hosts=[host], **options)
