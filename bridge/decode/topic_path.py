"""What the levels of a topic say where no convention names them: whose, of what, or noise. Pure.

Only for messages that no convention claims. docs/conventions.md has the rules.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from bridge.decode.identity import device_uid, metric_name
from bridge.decode.quantities import quantity_of

MAX_TOPIC = 512  # characters of a topic that is guessed at
MAX_LEVELS = 12  # of it; who nests deeper follows a convention of his own
REMEMBERED = 4096  # topics whose guess is kept

# Levels that say what kind of message it is, not whose: left out at the end of a device's path.
CHANNELS = frozenset(
    {"telemetry", "data", "state", "states", "status", "sensor", "sensors", "values", "value"}
    | {"json", "measurement", "measurements", "reading", "readings", "event", "events", "info"}
    | {"up", "uplink", "out", "output", "attributes", "payload", "message", "messages", "tele"}
)
# Levels that are no device by themselves: a topic of nothing else is shared by several.
SHARED = CHANNELS | {"devices", "device", "iot", "mqtt", "home", "nodes", "node", "test", "topic"}
OURS = frozenset({"devices", "device"})
THINGSBOARD = (["v1", "devices"], ["v1", "gateway"])  # which names no device
COMMANDS = frozenset({"cmnd", "cmd", "command", "commands", "rpc"})  # at any place
LAST_COMMANDS = frozenset({"set", "get", "request", "requests", "do", "action", "ota", "desired"})
CONFIGURATION = frozenset({"config", "configuration", "discovery", "announce"})
PRESENCE = frozenset(
    {"status", "state", "lwt", "will", "availability", "available", "online", "connected"}
    | {"connection", "presence", "alive"}
)
# Where a level asks the question itself, `true` and `1` answer it.
ASKED = frozenset({"online", "connected", "available", "alive"})
ONLINE = frozenset({"online", "connected", "up", "alive", "available"})
OFFLINE = frozenset({"offline", "disconnected", "down", "dead", "lost", "unavailable"})
YES = frozenset({"true", "1", "yes", "on"})
NO = frozenset({"false", "0", "no", "off"})


class TopicPath(NamedTuple):
    """What the levels tell. As a document's topic the whole of it is the device's; as a value's its
    last level is the metric's."""

    uid: str  # of the device whose documents these are
    name: str  # of that device, for people
    area: str  # the level above it, "" if that says no place
    shared: bool  # it names no device: whose a message is stands in the message
    value_uid: str  # of the device whose values these are, one a topic
    value_name: str
    value_area: str
    metric: str  # of the value
    noise: str  # why it is no data: "command" or "configuration"; "" if it may be
    channel: str  # the last level, in lower case
    presence_uid: str  # of the device whose connection it tells, where the last level is about that


def read(topic: str) -> TopicPath | None:
    """None of a topic that is not guessed at: ours, the broker's own, too long, or no text."""
    return _read(topic) if len(topic) <= MAX_TOPIC else None


@lru_cache(REMEMBERED)
def _read(topic: str) -> TopicPath | None:
    levels = [level for level in topic.split("/") if level]
    if not levels or len(levels) > MAX_LEVELS:
        return None
    words = [level.lower() for level in levels]
    if (
        words[0].startswith("$")
        or "\ufffd" in topic
        or words[0] in OURS
        or words[:2] in THINGSBOARD
    ):
        return None
    device = _without_channels(levels)
    *above, metric = _without_value_words(levels)
    value_device = _without_channels(above) if above else [metric]
    return TopicPath(
        *_named(device),
        shared=all(level.lower() in SHARED for level in device),
        value_uid=device_uid("/".join(value_device)),
        value_name=value_device[-1],
        value_area=_area(value_device),
        metric=metric_name(metric) if above else "value",
        noise=_noise(words),
        channel=words[-1],
        presence_uid=device_uid("/".join(_without_channels(levels[:-1] or levels))),
    )


def presence(channel: str, word: str) -> bool | None:
    """Online or offline, where the last level of a topic is about that and the word says it."""
    if channel not in PRESENCE:
        return None
    said = word.lower()
    if said in ONLINE or (channel in ASKED and said in YES):
        return True
    if said in OFFLINE or (channel in ASKED and said in NO):
        return False
    return None


def _named(device: list[str]) -> tuple[str, str, str]:
    return device_uid("/".join(device)), device[-1], _area(device)


def _area(device: list[str]) -> str:
    return device[-2] if len(device) > 1 and device[-2].lower() not in SHARED else ""


def _without_channels(levels: list[str]) -> list[str]:
    kept = list(levels)
    while len(kept) > 1 and kept[-1].lower() in CHANNELS:
        kept.pop()
    return kept


def _without_value_words(levels: list[str]) -> list[str]:
    """`room/temperature/state`: the value is the temperature. `room/washer/state` is the state."""
    kept = list(levels)
    while len(kept) > 2 and kept[-1].lower() in CHANNELS and quantity_of(kept[-2], ""):
        kept.pop()
    return kept


def _noise(words: list[str]) -> str:
    if COMMANDS.intersection(words) or LAST_COMMANDS.intersection(words[-2:]):
        return "command"
    return "configuration" if words[-1] in CONFIGURATION else ""
