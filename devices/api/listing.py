"""The order of a list as it was when somebody began to walk its pages, kept for a while.

Between two pages a device is heard, renamed or deleted, and the pages behind it move by a row: one
walked by numbers alone shows some rows twice and others never. Kept in Redis, by a name nobody can
guess; what a row says is read anew, and only what the asker may see.
"""

from __future__ import annotations

import logging
import secrets
from array import array
from collections.abc import Sequence

import redis
from django.conf import settings

from devices import quick_redis

logger = logging.getLogger(__name__)

EXPIRES = 600  # seconds after a page was asked for
MAX_ROWS = 20_000  # of a list that is kept: 160 KB


def keep(ids: Sequence[int]) -> str | None:
    """Its name, or None when it cannot be kept."""
    name = secrets.token_urlsafe(12)
    try:
        packed = array("q", ids).tobytes()
        quick_redis.client(settings.REDIS_URL).set(_key(name), packed, ex=EXPIRES)
    except redis.RedisError as exc:
        logger.warning("order of a list not kept: %s", exc, extra={"action": "listing_lost"})
        return None
    return name


def recall(name: str) -> list[int] | None:
    """The ids in their order, or None when they are not kept, or not any more."""
    try:
        packed = quick_redis.client(settings.REDIS_URL).getex(_key(name), ex=EXPIRES)
    except redis.RedisError as exc:
        logger.warning("order of a list not read: %s", exc, extra={"action": "listing_lost"})
        return None
    return array("q", packed).tolist() if isinstance(packed, bytes) else None


def _key(name: str) -> str:
    return f"{settings.PULSEBOARD_PREFIX}:listing:{name}"
