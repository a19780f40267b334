"""What flows through the broker now, topic by topic, kept in Redis while somebody looks at it.

A convenience, not a record: bridges write it once a second at most, and only while a page asked for
it within the last seconds.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any

import redis
from django.conf import settings

from devices import quick_redis
from telemetry.errors import TelemetryError

logger = logging.getLogger(__name__)

WATCHED_FOR = 10  # seconds after a page asked
KEPT_FOR = 15  # seconds after a worker wrote last


class TrafficUnavailable(TelemetryError):
    """What flows cannot be read: Redis does not answer."""


def watch() -> None:
    """Have bridges tell what flows for the next seconds. Raises `TrafficUnavailable`."""
    try:
        quick_redis.client(settings.REDIS_URL).set(_watched(), 1, ex=WATCHED_FOR)
    except redis.RedisError as exc:
        raise TrafficUnavailable(str(exc)) from exc


def is_watched() -> bool:
    """Whether a page asked a moment ago; no while Redis does not say."""
    try:
        return bool(quick_redis.client(settings.REDIS_URL).exists(_watched()))
    except redis.RedisError:
        return False


def record(worker: str, entries: Iterable[Mapping[str, Any]], *, afresh: bool) -> None:
    """Replace the entries of these topics; with `afresh` all others of the worker go. What Redis
    does not take is lost."""
    fields = {entry["topic"]: json.dumps(entry) for entry in entries}
    try:
        pipe = quick_redis.client(settings.REDIS_URL).pipeline(transaction=False)
        if afresh:
            pipe.delete(_worker(worker))
        if fields:
            pipe.hset(_worker(worker), mapping=fields)
        pipe.expire(_worker(worker), KEPT_FOR)
        pipe.sadd(_workers(), worker)
        pipe.expire(_workers(), KEPT_FOR)
        pipe.execute()
    except redis.RedisError as exc:
        logger.debug("what flows is not told: %s", exc)


def read() -> dict[str, list[dict[str, Any]]]:
    """By topic, what each worker told of it. Raises `TrafficUnavailable`."""
    found: dict[str, list[dict[str, Any]]] = {}
    client = quick_redis.client(settings.REDIS_URL)
    try:
        workers = sorted(_text(each) for each in client.smembers(_workers()))
        for worker in workers:
            for text in client.hvals(_worker(worker)):
                entry = json.loads(text)
                found.setdefault(entry["topic"], []).append(entry)
    except redis.RedisError as exc:
        raise TrafficUnavailable(str(exc)) from exc
    return found


def _text(found: bytes | str) -> str:
    return found.decode() if isinstance(found, bytes) else found


def _watched() -> str:
    return f"{settings.PULSEBOARD_PREFIX}:traffic:watched"


def _workers() -> str:
    return f"{settings.PULSEBOARD_PREFIX}:traffic:workers"


def _worker(worker: str) -> str:
    return f"{settings.PULSEBOARD_PREFIX}:traffic:of:{worker}"
