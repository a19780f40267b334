"""Where in a Tasmota topic the device stands: FullTopic orders prefix and name freely. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

PREFIXES = "prefixes"  # the scope that has prefixes which were renamed
_DEFAULT = ("tele", "stat", "cmnd")
REMEMBERED = 20_000  # topics parsed


class Place(NamedTuple):
    native: str  # the device, with the slashes of its topic
    channel: str
    prefix: str


@lru_cache(REMEMBERED)
def place(topic: str) -> Place | None:
    """The parts of a topic with one of the default prefixes, None without one. A prefix in front
    counts first, then one just before the channel: names may be `tele` too."""
    *levels, channel = topic.split("/")
    if not levels:
        return None
    order = [0, len(levels) - 1, *range(1, len(levels) - 1)]
    for at in order:
        if levels[at] in _DEFAULT:
            native = "/".join([level for level in levels[:at] + levels[at + 1 :] if level])
            return Place(native, channel, levels[at])
    return None
