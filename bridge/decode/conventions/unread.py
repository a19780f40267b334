"""What no other convention reads: mistyped topics, and other dialects. Pure.

Each topic is counted; its first messages are kept raw, with what was probably meant.
"""

from __future__ import annotations

from bridge.decode.items import Ignored, Item, Problem, Reason, Rejected
from bridge.decode.state import State
from bridge.decode.storable import UID
from bridge.message import Message

NAME = "unread"
UNREAD = "unread_topic"  # the reason it is ignored for
TOPICS = "topics"  # the scope that has how many messages of each topic were kept
KEPT = 10  # messages of a topic
MAX_TOPICS = 1_000  # topics of which messages are kept; all others are counted as one
MAX_TOPIC = 200  # characters of a topic that tell it from others
LONGEST_TOPIC = 1_024  # bytes; a longer one, MQTT allows 65 535, is read by nobody: what a topic is
# found to be is remembered by the topic, and would fill the memory


def _slips(word: str) -> set[str]:
    """The word with a letter left out, typed twice, or in the place of the next one."""
    found = set()
    for at in range(len(word)):
        before, letter, after = word[:at], word[at], word[at + 1 :]
        found |= {before + after, before + letter + letter + after}
        found.add(before + after[:1] + letter + after[1:])
    return found - {word}


# What people type for the last level, in small letters.
SYNONYMS = (
    *("data", "values", "value", "readings", "reading", "sensors", "sensor", "measurements"),
    *("measurement", "metrics", "telemetries", "telemetri", "telemetery"),
)
CONNECTION = ("state", "lwt", "presence", "online", "availability", "connection")
TELEMETRY = {"telemetry", *SYNONYMS, *_slips("telemetry")}
STATUS = {"status", *CONNECTION, *_slips("status")}
# What people type instead of Pulseboard's topics: it is counted and told. Word by word, for
# `devices/+/+` overlaps what is read, and a telemetry message must not come twice.
FILTERS = (
    *("devices/+", "devices/+/+/+/#", "/devices/#", "Devices/#", "DEVICES/#", "device/#"),
    *("v1/devices/#", "v1/gateway/#"),
    *(f"devices/+/{word}" for word in (*SYNONYMS, *CONNECTION)),
    *(f"devices/+/{word}" for word in sorted(_slips("telemetry") | _slips("status"))),
    *(
        f"devices/+/{spelt}"
        for word in ("telemetry", "status", *SYNONYMS, *CONNECTION)
        for spelt in (word.capitalize(), word.upper())
    ),
)


def matches(topic: str, payload: bytes) -> int:  # noqa: ARG001  (whatever is left)
    """Any other convention is more confident."""
    return 1


def decode(message: Message, state: State) -> list[Item]:
    """Counted always, kept the first times."""
    raw = message.topic[:LONGEST_TOPIC].decode("utf-8", "replace")
    topic = raw[:MAX_TOPIC].replace("\0", "\ufffd")
    kept = state.scope(TOPICS)
    times = kept.get(topic, 0)
    if not times and len(kept) >= MAX_TOPICS:
        return [Ignored(UNREAD)]
    ignored = Ignored(UNREAD, topic)
    if times >= KEPT:
        return [ignored]
    state.remember(TOPICS, topic, times + 1)
    uid, advice = meant(topic)
    if len(message.topic) > LONGEST_TOPIC:
        uid, advice = "", f"it has {len(message.topic)} bytes, over {LONGEST_TOPIC}"
    detail = f"nothing reads the topic {topic[:120]!a}: {advice}"
    return [Rejected(uid, Problem(Reason.UNKNOWN_TOPIC, detail)), ignored]


def meant(topic: str) -> tuple[str, str]:
    """The uid of the device that probably sent it, "" if none can be told, and what to do."""
    levels = [level for level in topic.split("/") if level]
    words = [level.lower() for level in levels]
    if words[:2] in (["v1", "devices"], ["v1", "gateway"]):
        return "", (
            "ThingsBoard's topic names no device, only the credential of the connection does;"
            " connect to the port that PULSEBOARD_THINGSBOARD_URL opens for such devices,"
            " send the same JSON to /api/v1/{token}/telemetry over HTTP,"
            " as a gateway with the device's name to v1/gateway/telemetry,"
            " or have the broker rewrite the topic to v1/devices/{device}/telemetry"
        )
    if words[:1] in (["devices"], ["device"]):
        words, levels = words[1:], levels[1:]
    named = [
        (levels[at - 1], channel)
        for at, word in enumerate(words)
        for channel, spelt in (("telemetry", TELEMETRY), ("status", STATUS))
        if at and word in spelt
    ]
    if named and UID.fullmatch(named[0][0]):
        uid, channel = named[0]
        return uid, f"did you mean devices/{uid}/{channel}?"
    return "", "publish to devices/{uid}/telemetry or devices/{uid}/status"
