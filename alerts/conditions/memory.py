"""What is remembered of a target between two steps, and what a step finds. Pure."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, NamedTuple, Self

Value = float | str  # a word
MAX_JSON = 8_192  # characters of a memory, beside the word that is its value


class State(StrEnum):
    CLEARED = "cleared"  # also of a target that never fired
    PENDING = "pending"  # it holds, and not yet for long or often enough
    FIRING = "firing"


class Change(NamedTuple):
    """A target got another state."""

    at_us: int
    state: State
    value: Value | None  # None where no reading made the change
    limit: float | None  # the one that is crossed, where there is one
    since_us: int  # from when on it held
    worst: float | None  # of the values since then, the furthest beyond the limit


@dataclass(slots=True)
class Memory:
    """Of one target under one revision of a rule. As JSON it stays below `MAX_JSON` characters."""

    state: State = State.CLEARED
    since_us: int | None = None  # from when on it holds; None: it does not
    count: int = 0  # readings since then that say so, in a row
    held_us: int | None = None  # the newest reading, if it is beyond the limit
    ended_us: int | None = None  # when the schedule ended it the last time
    # When it changed the last time. What time alone decided then is wrong when a reading of before
    # comes after all.
    changed_us: int | None = None
    newest_us: int | None = None  # of all readings
    value: Value | None = None  # of the newest reading that counted
    limit: float | None = None
    worst: float | None = None  # of the values since then, the furthest beyond the limit
    worst_by: float | None = None  # how far that is
    window: list[list[float]] = field(default_factory=list)  # of `alerts.conditions.window`
    hours: dict[int, float | None] = field(default_factory=dict)  # what is usual, of deviation

    def copy(self) -> Self:
        """What a step may change. A window is never changed, but made anew."""
        found = copy(self)
        found.hours = dict(self.hours)
        return found

    def seen(self, newest_us: int) -> Self:
        """The same after readings up to then that changed nothing."""
        if self.newest_us is not None and self.newest_us >= newest_us:
            return self
        found = copy(self)
        found.newest_us = newest_us
        return found

    def to_json(self) -> dict[str, Any]:
        """What differs from a new one."""
        found = {}
        for name, new in _NEW:
            value = getattr(self, name)
            if value != new:
                found[name] = value
        if "hours" in found:  # JSON has texts as keys
            found["hours"] = [[start, usual] for start, usual in self.hours.items()]
        return found

    @classmethod
    def of_json(cls, document: dict[str, Any]) -> Self:
        """What `to_json` made; fields of another version are passed over."""
        found = cls()
        for name, _ in _NEW:
            if name in document:
                setattr(found, name, document[name])
        found.state = State(found.state)
        found.hours = dict(document.get("hours", []))
        return found


_NEW = [(each.name, getattr(Memory(), each.name)) for each in fields(Memory)]
