"""One rule, read: which messages it is for, and where in them things stand. Pure; made by
`definition.read`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bridge.decode.rules.json_path import Key, Path
from bridge.decode.rules.moment import Moment
from bridge.decode.rules.template import Template
from bridge.decode.rules.topic_pattern import TopicPattern
from bridge.decode.rules.value_rule import ValueRule


@dataclass(frozen=True, slots=True)
class Pivot:
    """Records like `{"type": "temperature", "measurementValue": 21}`: which names, which values."""

    name: Path
    value: Path


@dataclass(frozen=True, slots=True)
class PresenceWords:
    path: Path
    online: frozenset[str]  # in lower case
    offline: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """`name` is told where something is wrong."""

    name: str
    topic: TopicPattern
    device: Template
    values: tuple[ValueRule, ...]
    everything: bool  # no value is named: all that is found is taken
    site: Template | None = None
    title: Template | None = None  # the device's name
    is_text: bool = False
    expression: Any = None  # of RE2, with named groups; of text only
    each: Path | None = None
    pivot: Pivot | None = None
    moment: Moment | None = None
    presence: PresenceWords | None = None
    ignore: Any = None  # of RE2

    def spoken_of(self) -> frozenset[tuple[Key, ...]]:
        """Where in a record something stands that is no reading: its device, its time."""
        if self.pivot is not None:
            return frozenset()
        paths = [*self.device.paths]
        for each in (self.site, self.title):
            paths += each.paths if each else []
        paths += [self.moment.path] if self.moment else []
        paths += [self.presence.path] if self.presence else []
        return frozenset(path.levels for path in paths if path.levels is not None)
