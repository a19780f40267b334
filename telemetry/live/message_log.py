"""The recent messages of each device with what became of them, kept in Redis for its page.

A convenience, not a record: the bridge writes it after COMMIT, and a Redis that is away costs
entries, never a message.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import redis
from django.conf import settings

from devices import clock, quick_redis
from telemetry.errors import TelemetryError

logger = logging.getLogger(__name__)

KEPT = 50  # messages of one device
EXPIRES = 86_400  # seconds without a message after which a device's log goes
MAX_PAYLOAD = 512  # characters of a payload
MAX_TOPIC = 512  # characters
MAX_DETAIL = 512  # characters
# Of one device. The log holds its newest messages, so the newest are those that are looked for; a
# message may be amended more than once.
AMENDED = 4 * KEPT
RECOGNISED = 512  # bytes of a payload a message is recognised by
# One command for all messages: three for each would cost the bridge ten times the time.
ADD = """
for place, key in ipairs(KEYS) do
    redis.call("LPUSH", key, ARGV[place + 2])
    redis.call("LTRIM", key, 0, ARGV[1])
    redis.call("EXPIRE", key, ARGV[2])
end
"""

_failures = 0


class Amended(NamedTuple):
    """What became later of a message that went into quarantine."""

    uid: str
    kept_ms: int  # Unix ms of its receive time in quarantine
    kept_as: str  # by `kept_as`
    verdict: str
    reason: str = ""
    detail: str = ""
    values: int = 0


class LogUnavailable(TelemetryError):
    """The log of recent messages cannot be read: Redis does not answer."""


def record(entries: Iterable[Mapping[str, Any]]) -> bool:
    """Add messages, oldest first, in one round trip; False when Redis did not take them.

    An entry has `uid`, `at` (Unix ms), `topic`, `size` (bytes), `payload` (text), `verdict`,
    `reason`, `detail` and `values` (how many); of a message in quarantine also `kept_as`.
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


def kept_as(kept_ms: int, topic: str, payload: bytes) -> str:
    """What a message in quarantine and its entry in the log have in common, and no other has."""
    content = topic.encode() + b"\0" + payload[:RECOGNISED]
    return f"{kept_ms}-{hashlib.md5(content, usedforsecurity=False).hexdigest()}"


def amend(changes: Iterable[Amended]) -> None:
    """Have the log tell what became of messages in quarantine. Costs nothing but the words when
    Redis does not take them.

    Beside the log, not in it: a replay may come before the bridge has logged the message.
    """
    now = clock.now_ms()
    asked = quick_redis.client(settings.REDIS_URL).pipeline(transaction=False)
    for change in changes:
        if not change.uid:
            continue
        key = _amended_key(change.uid)
        facts = {"now": now, "kept_as": change.kept_as, **_verdict(change._asdict())}
        asked.zadd(key, {json.dumps(facts): change.kept_ms})
        asked.zremrangebyrank(key, 0, -AMENDED - 1)
        asked.expire(key, EXPIRES)
    try:
        asked.execute()
    except redis.RedisError as exc:
        logger.warning("recent messages not amended: %s", exc)


def recent(uid: str) -> list[dict[str, Any]]:
    """The last messages of a device, newest first. Raises `LogUnavailable`."""
    asked = quick_redis.client(settings.REDIS_URL).pipeline(transaction=False)
    asked.lrange(_key(uid), 0, KEPT - 1)
    asked.zrange(_amended_key(uid), 0, -1)
    try:
        logged, changes = asked.execute()
    except redis.RedisError as exc:
        raise LogUnavailable(str(exc)) from exc
    amended = {
        change["kept_as"]: _verdict(change)
        for change in sorted(map(json.loads, changes), key=lambda change: change["now"])
    }
    entries = [json.loads(entry) for entry in logged]
    return [entry | amended.get(entry.pop("kept_as", ""), {}) for entry in entries]


def _encoded(entry: Mapping[str, Any]) -> str:
    return json.dumps(
        {
            "at": entry["at"],
            "topic": entry["topic"][:MAX_TOPIC],
            "size": entry["size"],
            "payload": entry["payload"][:MAX_PAYLOAD],
            "kept_as": entry.get("kept_as", ""),
            **_verdict(entry),
        }
    )


def _verdict(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "verdict": facts["verdict"],
        "reason": facts["reason"],
        "detail": facts["detail"][:MAX_DETAIL],
        "values": facts["values"],
    }


def _key(uid: str) -> str:
    return f"{settings.PULSEBOARD_PREFIX}:messages:{uid}"


def _amended_key(uid: str) -> str:
    return f"{settings.PULSEBOARD_PREFIX}:amended:{uid}"


@lru_cache(maxsize=4)
def _add(url: str) -> Callable[..., object]:
    return quick_redis.client(url).register_script(ADD)
