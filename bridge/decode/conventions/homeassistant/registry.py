"""What discovery said, remembered: which topic tells which series of which device. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from bridge.decode.state import State
from devices.topic_filter import matches

STATES = "states"  # scope: by topic, the values told there, by who announced them
AVAILABLE = "available"  # scope: by topic, whose availability is told there
# The scopes of those topics that have wildcards.
WILDCARDS = {scope: f"{scope} wildcards" for scope in (STATES, AVAILABLE)}
OWNERS = "owners"  # scope: by discovery topic, what it announced, for when it is removed
METRICS = "metrics"  # scope: by uid, who announced which metric
SEEN = "seen"  # scope: by uid, what each of its availability topics said last
MAX_TOPICS = 10_000  # keys of a scope
MAX_ENTRIES = 500  # of one topic, or one device
MAX_ENTRY = 4_096  # characters of one, with its key and name
WILDCARD = ("+", "#")


class Book:
    """One scope while a message is decoded: reads what is remembered, collects what changes."""

    def __init__(self, state: State, scope: str) -> None:
        self._state = state
        self._scope = scope
        self._kept = state.scope(scope)
        self._changed: dict[str, dict[str, Any]] = {}

    def of(self, key: str) -> dict[str, Any]:
        """The entries under a key; to be left as they are."""
        found = self._changed.get(key, self._kept.get(key))
        return found if isinstance(found, dict) else {}

    def put(self, key: str, entry: str, value: Any) -> bool:
        """Set an entry, or with None take it away; False where there is no room."""
        before = self.of(key)
        if before.get(entry) == value:
            return True
        if value is not None and (
            (key not in self._kept and len(self._kept) + len(self._changed) >= MAX_TOPICS)
            or (entry not in before and len(before) >= MAX_ENTRIES)
            or len(key) + len(entry) + len(json.dumps(value)) > MAX_ENTRY
        ):
            self._state.is_full = True
            return False
        after = {**before, entry: value}
        if value is None:
            del after[entry]
        self._changed[key] = after
        return True

    def keep(self) -> None:
        """Have the changes remembered."""
        for key, entries in self._changed.items():
            if entries == self._kept.get(key, {}):
                continue
            self._state.remember(self._scope, key, entries or None)


def told_under(topic: str, state: State, scope: str) -> dict[str, Any]:
    """The entries of a topic, with those of the filters that match it."""
    kept = state.scope(scope)
    found = kept.get(topic)
    entries = found if isinstance(found, dict) else {}
    for wanted in wildcards(state, scope):
        if matches(wanted, topic):
            entries = {**kept[wanted], **entries}
    return entries


def wildcards(state: State, scope: str) -> Collection[str]:
    """The topics with wildcards (Theengs announces one for all gateways)."""
    return state.scope(WILDCARDS[scope])


def remember_wildcard(topic: str, scope: str, state: State) -> None:
    """Note a topic with wildcards, so that it is looked for."""
    if any(sign in topic for sign in WILDCARD):
        state.keep(WILDCARDS[scope], topic, True, MAX_ENTRIES)
