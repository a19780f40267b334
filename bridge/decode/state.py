"""What conventions remember between messages. Pure.

`Facts` outlive the process: they are loaded at start, and every change is stored with the message
that made it. `Context` is what can be found out again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple

from bridge.decode import rules
from bridge.decode.items import Remembered
from bridge.decode.plain import MAX_TOPICS, PlainReader

# What a message had to do with what is remembered: nothing; it was looked at; it may differ now.
UNUSED, READ, CHANGED = range(3)
MAX_PASSING = 20_000  # keys of which something is kept until it may be lost
CERTAIN = 100  # confidence of a convention that decides by the topic alone
MAX_HEARD = 10_000  # packets whose repetition is noticed
NOTHING: Mapping[str, Any] = {}
TELL_AGAIN_US = 3_600_000_000  # an hour: then what a device is gets told again, for who came since
MAX_TOLD = 50_000  # notes of what was told or heard; then all are forgotten at once


class Facts:
    """What every convention remembers, by convention and scope. One thread decodes with it; another
    may take in what other workers learned."""

    def __init__(self) -> None:
        self._scopes: dict[tuple[str, str], dict[str, Any]] = {}
        self._own: set[tuple[str, str, str]] = set()  # keys that this process changed
        self.rules = rules.NONE  # replaced whole by whoever has a database

    def scope(self, convention: str, scope: str) -> Mapping[str, Any]:
        """Values by key."""
        return self._scopes.get((convention, scope), NOTHING)

    def take(self, change: Remembered) -> None:
        """Remember, or forget, what a message of ours says."""
        self._own.add((change.convention, change.scope, change.key))
        self._set(change)

    def learn(self, change: Remembered) -> None:
        """Take in what is stored; of keys that this process changed it knows better, unless the
        value says that it is later: `at`, Unix microseconds."""
        own = (change.convention, change.scope, change.key) in self._own
        if not own or _at(change.value) > _at(
            self.scope(change.convention, change.scope).get(change.key)
        ):
            self._set(change)

    def _set(self, change: Remembered) -> None:
        facts = self._scopes.setdefault((change.convention, change.scope), {})
        if change.value is None:
            facts.pop(change.key, None)
        else:
            facts[change.key] = change.value


def _at(value: Any) -> int:
    """When a value that says so was learned; 0 of others."""
    at = value.get("at") if isinstance(value, dict) else None
    return at if isinstance(at, int) else 0


class State:
    """What one convention sees of it: its own facts, and changes it makes while it decodes."""

    __slots__ = ("_convention", "_facts", "changes", "context", "is_full", "use")

    def __init__(self, convention: str, facts: Facts, context: Context) -> None:
        self.context = context
        self.changes: list[Remembered] = []
        self.is_full = False  # something of this message cannot be remembered
        self.use = UNUSED  # of what is remembered
        self._convention = convention
        self._facts = facts

    def scope(self, scope: str) -> Mapping[str, Any]:
        """What is remembered of the scope, by key, without the changes of this message."""
        self.use = self.use or READ
        return self._facts.scope(self._convention, scope)

    def passing(self, key: str) -> dict[str, Any]:
        """What this process alone keeps of the key, to be read and changed; it may be lost."""
        self.use = CHANGED
        return self.context.passing(self._convention, key)

    def remember(self, scope: str, key: str, value: Any) -> None:
        """Have the value (JSON) remembered from the next message on; None forgets it."""
        self.use = CHANGED
        self.changes.append(Remembered(self._convention, scope, key, value))

    def keep(self, scope: str, key: str, value: Any, at_most: int) -> None:
        """Have the value remembered where that is news, and the scope has the key or room for one
        more: it holds `at_most` keys."""
        kept = self.scope(scope)
        if kept.get(key) == value:
            return
        if key in kept or len(kept) < at_most:
            self.remember(scope, key, value)
        else:
            self.is_full = True


class Route(NamedTuple):
    """Whose message a topic carries, and which of the device's channels it is."""

    uid: str
    channel: str
    valid: bool  # whether the uid may be one


class Context:
    """Owned by one decoder, in one thread."""

    def __init__(self, claimant: Callable[[str], str] = lambda _: "") -> None:
        """`claimant` names the convention that a topic belongs to by its shape, "" if none."""
        self.claimant = claimant
        self.plain = PlainReader()
        self._topics: dict[bytes, str] = {}
        self._routes: dict[bytes, Route] = {}
        self._told: dict[int, int] = {}  # when, by the hash: names of metrics may be many and long
        self._passing: dict[tuple[str, str], dict[str, Any]] = {}
        self._heard: dict[Hashable, None] = {}  # in the order they were heard

    def due(self, uid: str, what: Hashable, now_us: int) -> bool:
        """Whether to describe `what` of a device: not told yet, or an hour ago. For descriptions
        that a convention could give with every message. A new process tells once more."""
        if self.within(uid, what, now_us, TELL_AGAIN_US):
            return False
        self.note(uid, what, now_us)
        return True

    def note(self, uid: str, what: Hashable, now_us: int) -> None:
        """Note that `what` of a device was told, or heard, now."""
        if len(self._told) >= MAX_TOLD:
            self._told.clear()
        self._told[hash((uid, what))] = now_us

    def within(self, uid: str, what: Hashable, now_us: int, span_us: int) -> bool:
        """Whether `what` of a device was noted at most `span_us` ago."""
        noted_us = self._told.get(hash((uid, what)))
        return noted_us is not None and abs(now_us - noted_us) < span_us

    def passing(self, convention: str, key: str) -> dict[str, Any]:
        """See `State.passing`."""
        found = self._passing.get((convention, key))
        if found is None:
            if len(self._passing) >= MAX_PASSING:
                self._passing.clear()
            found = self._passing[convention, key] = {}
        return found

    def topic(self, raw: bytes) -> str:
        """The topic as text; bytes that are not UTF-8 become U+FFFD and so match no convention."""
        known = self._topics.get(raw)
        if known is None:
            if len(self._topics) >= MAX_TOPICS:
                self._topics.clear()
            known = self._topics[raw] = raw.decode("utf-8", "replace")
        return known

    def route(self, raw: bytes, read: Callable[[str], Route]) -> Route:
        """What `read` makes of the topic, asked once a topic."""
        known = self._routes.get(raw)
        if known is None:
            if len(self._routes) >= MAX_TOPICS:
                self._routes.clear()
            known = self._routes[raw] = read(self.topic(raw))
        return known

    def is_repeated(self, what: Hashable) -> bool:
        """Whether this was asked about it before, lately: of what several gateways pass on."""
        if what in self._heard:
            return True
        if len(self._heard) >= MAX_HEARD:
            del self._heard[next(iter(self._heard))]
        self._heard[what] = None
        return False
