"""The topics a rule reads: `plant/{site}/line-{line}/+/#`, a capture a level at most. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_PATTERN = 500  # characters
MAX_LEVELS = 32
CAPTURE = re.compile(r"[a-z][a-z0-9_]{0,31}")

_LEVEL = re.compile(r"([^{}+#/]*)(?:\{([^{}]*)\}([^{}+#/]*))?")
# Pulseboard's own: what it reads itself, and what it says to devices.
_OWN = re.compile(r"devices/[^/]+/(?:telemetry|status|errors)")


class Level(NamedTuple):
    """What one level of a topic has to be. With a capture the text between `before` and `after` is
    its value, and not empty."""

    before: str
    capture: str = ""
    after: str = ""
    any: bool = False  # `+`


class TopicPattern:
    """Matches topics as an MQTT filter does, and tells what stands in its captures."""

    def __init__(self, text: str) -> None:
        """Raises `ValueError` with a sentence for whoever wrote it."""
        self.text = text
        if not text:
            raise ValueError("Write the topic it reads, as plant/{device}/+.")
        if len(text) > MAX_PATTERN or text.count("/") >= MAX_LEVELS:
            raise ValueError(f"At most {MAX_PATTERN} characters and {MAX_LEVELS} levels.")
        if "\0" in text or not text.isprintable():
            raise ValueError("It holds a character that no topic has.")
        *levels, last = text.split("/")
        self._rest = last == "#"  # whatever follows, also nothing
        self._levels = [_level(each) for each in (levels if self._rest else [*levels, last])]
        self.captures = tuple(each.capture for each in self._levels if each.capture)
        if len(set(self.captures)) < len(self.captures):
            raise ValueError("Two levels capture the same name.")
        if text.startswith(("$share/", "$queue/")):
            raise ValueError("Name the topic itself, without $share.")
        self.filter = "/".join(
            ["+" if each.any or each.capture else each.before for each in self._levels]
            + (["#"] if self._rest else [])
        )
        if _OWN.fullmatch(self.filter):
            raise ValueError("Pulseboard reads this topic by itself, before any rule.")

    @property
    def regex(self) -> str:
        """The same for who asks a database: a regular expression of Postgres."""
        levels = [
            "[^/]*"
            if each.any
            else re.escape(each.before) + (f"[^/]+{re.escape(each.after)}" if each.capture else "")
            for each in self._levels
        ]
        rest = ("(/.*)?" if levels else ".*") if self._rest else ""
        return f"^{'/'.join(levels)}{rest}$"

    def match(self, topic: str) -> dict[str, str] | None:
        """The values of its captures, None of a topic it does not match."""
        found = topic.split("/")
        count = len(self._levels)
        if len(found) < count or (len(found) > count and not self._rest):
            return None
        # A wildcard in front does not match `$SYS` (MQTT 5.0, 4.7.2).
        if topic.startswith("$") and not self.text.startswith("$"):
            return None
        if _OWN.fullmatch(topic):
            return None
        captured: dict[str, str] = {}
        for level, text in zip(self._levels, found, strict=False):
            if level.any:
                continue
            if not level.capture:
                if text != level.before:
                    return None
                continue
            end = len(text) - len(level.after)
            if (
                end <= len(level.before)
                or not text.startswith(level.before)
                or not text.endswith(level.after)
            ):
                return None
            captured[level.capture] = text[len(level.before) : end]
        return captured


def _level(text: str) -> Level:
    if text == "+":
        return Level("", any=True)
    found = _LEVEL.fullmatch(text)
    if found is None:
        raise ValueError(
            f"The level {text[:40]!r} is no text, no + alone, no {{name}} (one at most); # is the"
            " last level only."
        )
    before, capture, after = found.groups()
    if capture is not None and not CAPTURE.fullmatch(capture):
        raise ValueError(
            f"The capture {{{capture[:40]}}} is not a small letter followed by small letters,"
            " digits and _."
        )
    return Level(before, capture or "", after or "")
