"""What Pulseboard publishes itself, where a filter brings it back: never data, so that nothing goes
in a circle. Pure."""

from __future__ import annotations

from bridge.decode.items import Ignored, Item
from bridge.decode.state import CERTAIN, State
from bridge.message import Message

NAME = "own"
FILTERS: tuple[str, ...] = ()  # nobody needs it
OWN = "own_topic"  # the reason it is ignored for
ROOT = "pulseboard"  # all that is not for one device is published below it
NODE = "pulseboard"  # of what is announced to Home Assistant: <prefix>/<component>/<NODE>/…/config


def matches(topic: str, payload: bytes) -> int:  # noqa: ARG001  (the topic alone decides)
    """Certain of notices to devices, of what is below our root, and of what we announce."""
    if topic.startswith(f"{ROOT}/"):
        return CERTAIN
    if topic.startswith("devices/") and topic.endswith("/errors") and topic.count("/") == 2:
        return CERTAIN
    levels = topic.split("/")
    announced = len(levels) == 5 and levels[2] == NODE and levels[4] == "config"
    return CERTAIN if announced else 0


def decode(message: Message, state: State) -> list[Item]:  # noqa: ARG001
    """Nothing, whatever it says."""
    return [Ignored(OWN)]
