"""Which series are published: those of the settings' patterns, and all of a device with the tag.
Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate

TAG = "publish"  # a device with it is published whole


class Choice:
    """Patterns as `PULSEBOARD_PUBLISH` has them: `uid` or `uid/metric`, where `*` stands for any
    characters."""

    def __init__(self, patterns: Iterable[str], prefix: str) -> None:
        """`prefix`: Home Assistant's discovery prefix; "" when it is not told."""
        self.prefix = prefix
        self._patterns = [_read(pattern) for pattern in patterns]

    @property
    def is_on(self) -> bool:
        """Whether anything may be published at all."""
        return bool(self.prefix or self._patterns)

    def of_device(self, uid: str, tags: Iterable[str]) -> list[re.Pattern[str]]:
        """Patterns of its metrics; none when nothing of it is published."""
        if TAG in tags:
            return [_EVERY]
        return [metric for device, metric in self._patterns if device.match(uid)]


def is_pattern(text: str) -> bool:
    """Whether it may stand in the setting."""
    uid, _, metric = text.partition("/")
    return re.fullmatch(r"[A-Za-z0-9_*-]+", uid) is not None and (
        bool(metric) or not text.endswith("/")
    )


def _read(pattern: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    uid, _, metric = pattern.partition("/")
    return _glob(uid), _glob(metric or "*")


def _glob(text: str) -> re.Pattern[str]:
    # Of a shell's wildcards only the star, for a metric may have brackets of its own.
    return re.compile(translate(re.sub(r"([?\[])", r"[\1]", text)))


_EVERY = _glob("*")
