"""The recent messages of each device with what became of them, kept in Redis for its page.

A convenience, not a record: the bridge writes it after COMMIT, and a Redis that is away costs
entries, never a message.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings

from devices import quick_redis
from telemetry.errors import TelemetryError

logger = logging.getLogger(__name__)

KEPT = 50  # messages of one device
EXPIRES = 86_400  # seconds without a message after which a device's log goes
MAX_PAYLOAD = 512  # characters of a payload
MAX_TOPIC = 512  # characters
MAX_DETAIL = 512  # characters
# One command for all messages: three for each would cost the bridge ten times the time.
ADD = """
for place, key in ipairs(KEYS) do
    redis.call("LPUSH", key, ARGV[place + 2])
    redis.call("LTRIM", key, 0, ARGV[1])
    redis.call("EXPIRE", key, ARGV[2])
end
"""

_failures = 0


class LogUnavailable(TelemetryError):
    """The log of recent messages cannot be read: Redis does not answer."""


def record(entries: Iterable[Mapping[str, Any]]) -> bool:
    """Add messages, oldest first, in one round trip; False when Redis did not take them.

    An entry has `uid`, `at` (Unix ms), `topic`, `size` (bytes), `payload` (text), `verdict`,
    `reason`, `detail` and `values` (how many).
    """
    global _failures  # noqa: PLW0603 - one count per process, read by `failures`
    keys, messages = [], []
    for entry in entries:
        keys.append(_key(entry["uid"]))
        messages.append(_encoded(entry))
    if not keys:
        return True
    try:
        _add(settings.REDIS_URL)(keys, [KEPT - 1, EXPIRES, *messages])
    except redis.RedisError as exc:
        # Once for each outage: this runs twice a second.
        level = logging.DEBUG if _failures else logging.WARNING
        logger.log(level, "recent messages not logged: %s", exc)
        _failures += 1
        return False
    _failures = 0
    return True


def failures() -> int:
    """Calls of `record` in this process that failed since the last that worked."""
    return _failures


def recent(uid: str) -> list[dict[str, Any]]:
    """The last messages of a device, newest first. Raises `LogUnavailable`."""
    try:
        found = quick_redis.client(settings.REDIS_URL).lrange(_key(uid), 0, KEPT - 1)
    except redis.RedisError as exc:
        raise LogUnavailable(str(exc)) from exc
    return [json.loads(entry) for entry in found]


def _encoded(entry: Mapping[str, Any]) -> str:
    return json.dumps(
        {
            "at": entry["at"],
            "topic": entry["topic"][:MAX_TOPIC],
            "size": entry["size"],
            "payload": entry["payload"][:MAX_PAYLOAD],
            "verdict": entry["verdict"],
            "reason": entry["reason"],
            "detail": entry["detail"][:MAX_DETAIL],
            "values": entry["values"],
        }
    )


def _key(uid: str) -> str:
    return f"{settings.PULSEBOARD_PREFIX}:messages:{uid}"


@lru_cache(maxsize=4)
def _add(url: str) -> Callable[..., object]:
    return quick_redis.client(url).register_script(ADD)
