"""MQTT topic filters: what they match, and which of them need not be subscribed. Pure.

MQTT 5.0, 4.7. A `#` or `+` at the start matches no topic that begins with `$`.
"""

from __future__ import annotations

from collections.abc import Iterable

MAX_FILTER = 1_000  # characters; MQTT's own limit is 65 535 bytes


def is_valid(wanted: str) -> bool:
    """Whether it may be subscribed as it is: no `$share`, and wildcards only as whole levels."""
    if not 0 < len(wanted) <= MAX_FILTER or "\0" in wanted or wanted.startswith("$share/"):
        return False
    *levels, last = wanted.split("/")
    return all(level == "+" or ("+" not in level and "#" not in level) for level in levels) and (
        last in ("+", "#") or ("+" not in last and "#" not in last)
    )


def matches(wanted: str, topic: str) -> bool:
    """Whether the filter matches the topic."""
    return not _leaves_out(wanted, topic) and _covers(wanted.split("/"), topic.split("/"))


def covers(wide: str, narrow: str) -> bool:
    """Whether every topic that `narrow` matches is matched by `wide`."""
    if wide == narrow:
        return True
    return not _leaves_out(wide, narrow) and _covers(wide.split("/"), narrow.split("/"))


def overlap(one: str, other: str) -> bool:
    """Whether some topic is matched by both."""
    if _leaves_out(one, other) or _leaves_out(other, one):
        return False
    return _meet(one.split("/"), other.split("/"))


def without_covered(filters: Iterable[str]) -> tuple[str, ...]:
    """The filters in order, without those that another one covers."""
    each = list(dict.fromkeys(filters))
    return tuple(
        narrow
        for narrow in each
        if not any(wide != narrow and covers(wide, narrow) for wide in each)
    )


def _leaves_out(wanted: str, topic: str) -> bool:
    return topic.startswith("$") and wanted[:1] in ("#", "+")


def _covers(wide: list[str], narrow: list[str]) -> bool:
    if wide == ["+", "#"]:
        return True  # every topic has a first level
    for at, level in enumerate(wide):
        if level == "#":
            return True
        if at >= len(narrow) or narrow[at] == "#" or (level != "+" and level != narrow[at]):
            return False
    return len(wide) == len(narrow)


def _meet(one: list[str], other: list[str]) -> bool:
    for at in range(max(len(one), len(other))):
        first = one[at] if at < len(one) else None
        second = other[at] if at < len(other) else None
        if "#" in (first, second):
            return True
        if first is None or second is None:
            return False
        if first != second and "+" not in (first, second):
            return False
    return True
