"""`tasmota/discovery/<MAC>/config`: how a device is called and which words it uses. Pure.

`sensors` beside it is what the sensors showed at boot, retained: no readings.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from bridge.decode import documents
from bridge.decode.conventions.tasmota.topics import PREFIXES
from bridge.decode.identity import device_uid
from bridge.decode.items import Described, Ignored, Item, Problem, Reason, Rejected, Value
from bridge.decode.scalars import number_of
from bridge.decode.state import State
from bridge.decode.texts import word
from bridge.message import Message

DISCOVERY = "tasmota/discovery/"
WORDS = "words"  # the scope that has, by device, the words it has instead of the usual ones
MAX_KEPT = 5_000  # devices with words of their own, and prefixes that were renamed

_DECIMAL = re.compile(r"-?[0-9]+\.[0-9]+", re.ASCII)


class Words(NamedTuple):
    """What a device calls its states."""

    online: str = "Online"
    offline: str = "Offline"
    off: str = "OFF"
    on: str = "ON"

    def read(self, text: str) -> Value | None:
        """A text of a message: a state, a number with a point, itself. Digits alone are somebody's
        number, or a colour. Nothing is no value."""
        if text in (self.on, self.off):
            return text == self.on
        if _DECIMAL.fullmatch(text):
            number = number_of(text)
            return text if number is None else number  # "007.5" is somebody's number too
        return text or None


USUAL = Words()


def words_of(native: str, state: State) -> Words:
    """The words of a device."""
    own = state.scope(WORDS).get(native)
    return Words(*own) if isinstance(own, list) and len(own) == len(USUAL) else USUAL


def discovered(topic: str, message: Message, state: State) -> list[Item]:
    """What a device says of itself."""
    mac, _, what = topic.removeprefix(DISCOVERY).partition("/")
    if what != "config":
        return [Ignored("boot_template", what[:40])]
    if not message.payload:
        return [Ignored("removed", mac[:40])]
    config = documents.peek(message.payload)
    if not isinstance(config, dict):
        return [
            Rejected("", Problem(Reason.WRONG_TYPE, f"the config of {mac[:40]!a} is no object"))
        ]
    native, prefix = _native(config)
    if not native:
        return [Ignored("no_device", mac[:40])]
    _remember(native, prefix, config, state)
    friendly = config.get("fn")
    names = friendly if isinstance(friendly, list) else []
    name = word(config.get("dn")) or word(names[0] if names else "")
    return [
        Described(
            device_uid(native),
            name=name,
            model=word(config.get("md")),
            firmware=word(config.get("sw")),
            aliases=(word(config.get("mac")) or mac,),
        )
    ]


def _native(config: dict[str, Any]) -> tuple[str, str]:
    """The device as its topics name it, and the prefix of what it tells."""
    topic, full = word(config.get("t")), word(config.get("ft")) or "%prefix%/%topic%/"
    prefixes = config.get("tp")
    told = word(prefixes[2]) if isinstance(prefixes, list) and len(prefixes) > 2 else ""
    filled = (
        full.replace("%topic%", topic)
        .replace("%hostname%", word(config.get("hn")))
        .replace("%id%", word(config.get("mac")))
    )
    levels = [level for level in filled.split("/") if level and level != "%prefix%"]
    return "/".join(levels), told


def _remember(native: str, prefix: str, config: dict[str, Any], state: State) -> None:
    if prefix not in ("", "tele", "stat", "cmnd"):
        state.keep(PREFIXES, prefix, True, MAX_KEPT)
    states = config.get("state")
    said = states if isinstance(states, list) and len(states) > 1 else []
    words = Words(
        word(config.get("onln")) or USUAL.online,
        word(config.get("ofln")) or USUAL.offline,
        *([word(said[0]) or USUAL.off, word(said[1]) or USUAL.on] if said else []),
    )
    state.keep(WORDS, native, None if words == USUAL else list(words), MAX_KEPT)
