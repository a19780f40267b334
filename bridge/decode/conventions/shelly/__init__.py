"""Shelly: Gen1 under `shellies/`, and Gen2 and later under a prefix of the user's. Pure."""

from __future__ import annotations

import re

from bridge.decode.conventions.shelly import gen1, gen2
from bridge.decode.identity import device_uid
from bridge.decode.items import Ignored, Item, Presence
from bridge.decode.state import State
from bridge.message import Message

NAME = "shelly"
SHELLIES = "shellies/"
# By default the prefix of Gen2 is the device's id, one level; `shellies/plus1pm` is usual too.
FILTERS = (
    f"{SHELLIES}#",
    "+/status/+",
    "+/events/rpc",
    "+/online",
    "+/+/status/+",
    "+/+/events/rpc",
    "+/+/online",
)
_COMPONENT = re.compile(r"[a-z][a-z0-9_]{1,30}:[0-9]{1,4}", re.ASCII)
ONLINE = {b"true": True, b"false": False}


def matches(topic: str, payload: bytes) -> int:
    """Confidence, 0 to 100, that this convention explains the message."""
    if topic.startswith(SHELLIES):
        return 85
    if topic.endswith("/events/rpc"):
        return 80
    above, _, last = topic.rpartition("/")
    if above.endswith("/status") and len(above) > len("/status"):
        if _COMPONENT.fullmatch(last):
            return 75
        return 60 if last in gen2.PLAIN and payload.startswith(b"{") else 0
    return 40 if last == "online" and above and payload in ONLINE else 0


def reach(topic: str) -> int:
    """The most it claims of a topic, whatever the payload."""
    return max(matches(topic, b"{"), matches(topic, b"true"))


def decode(message: Message, state: State) -> list[Item]:
    """What a device says. Never raises for bad data."""
    topic = state.context.topic(message.topic)
    prefix, channel = _split(topic)
    native = prefix.removeprefix(SHELLIES)
    if topic == f"{SHELLIES}announce":
        return gen1.announced("", message)
    if not native or not channel:
        return [Ignored("command" if channel == "command" else "no_device")]
    uid = device_uid(native)
    if channel == "online":
        return [_online(uid, message)]
    if prefix.startswith(SHELLIES) and not channel.startswith(("status/", "events/")):
        return gen1.said(uid, channel, message, state)
    return gen2.said(uid, channel, message, state)


def origin(topic: str) -> tuple[str, str] | None:
    """The device of a topic; its metrics are paths below the component of the topic."""
    prefix, channel = _split(topic)
    native = prefix.removeprefix(SHELLIES)
    if not native or not channel:
        return None
    if channel.startswith("status/"):
        return device_uid(native), channel.removeprefix("status/")
    return device_uid(native), channel.replace("/", ".")


def _split(topic: str) -> tuple[str, str]:
    """The prefix of a device's topics, and the channel below it."""
    if topic.endswith("/events/rpc"):
        return topic.removesuffix("/events/rpc"), "events/rpc"
    above, _, last = topic.rpartition("/")
    if above.endswith("/status"):
        return above.removesuffix("/status"), f"status/{last}"
    if topic.startswith(SHELLIES):
        device, _, channel = topic.removeprefix(SHELLIES).partition("/")
        return SHELLIES + device, channel or device
    return above, last


def _online(uid: str, message: Message) -> Item:
    online = ONLINE.get(message.payload)
    if online is None:
        return Ignored("cleared" if not message.payload else "status_word", "online", uid)
    return Presence(uid, online)
