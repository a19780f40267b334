"""Rules by the user: how a message of certain topics is read, without code. Pure.

Asked after Pulseboard's own convention and before every dialect. The first rule in order that finds
what it names has read the message.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import NamedTuple

from bridge.decode.items import Described, Item, Problem, Reason, Rejected
from bridge.decode.rules import findings
from bridge.decode.rules.problems import Budget
from bridge.decode.rules.rule import Rule
from bridge.decode.tolerant import Undecodable
from bridge.message import Message

NAME = "rules"
MAX_RULES = 200  # of one installation
MAX_TOPICS = 20_000  # topics whose rules are remembered; then all are forgotten at once
MAX_TOLD = 50_000  # units told; then all are forgotten at once, and told again


class Match(NamedTuple):
    rule: Rule
    captures: Mapping[str, str]


class Rules:
    """Those that are enabled, in order. Never changed: when one changes others take its place."""

    def __init__(self, rules: tuple[Rule, ...] = ()) -> None:
        self.rules = rules
        self._matching: dict[str, tuple[Match, ...]] = {}
        self._told: set[tuple[str, str, str]] = set()
        self._lock = threading.Lock()

    def matching(self, topic: str) -> tuple[Match, ...]:
        """The rules of a topic, in order."""
        if not self.rules:
            return ()
        found = self._matching.get(topic)
        if found is None:
            pairs = [(rule, rule.topic.match(topic)) for rule in self.rules]
            found = tuple(Match(rule, each) for rule, each in pairs if each is not None)
            with self._lock:
                if len(self._matching) >= MAX_TOPICS:
                    self._matching.clear()
                self._matching[topic] = found
        return found

    def decode(self, message: Message, topic: str) -> list[Item] | None:
        """What the message says, bad data included; None when no rule is for its topic."""
        matching = self.matching(topic)
        if not matching:
            return None
        budget = Budget()
        trouble: Problem | None = None
        for rule, captures in matching:
            try:
                items = findings.decode(rule, message, captures, budget)
            except Undecodable as exc:
                reason, detail = exc.problem
                trouble = trouble or Problem(reason, _by(rule) + detail)
                continue
            if items:
                return [each for each in items if self._is_news(each)]
            none = _by(rule) + "nothing that it names is in the message"
            trouble = trouble or Problem(Reason.NO_VALUES, none)
        assert trouble is not None  # noqa: S101  (each that read nothing has said why)
        return [Rejected("", trouble)]

    def _is_news(self, item: Item) -> bool:
        """What a device and its series are is told once: each time it costs the database a
        question."""
        if not isinstance(item, Described):
            return True
        told = item.uid, item.metric, f"{item.unit or item.area}\n{item.name}\n{item.precision}"
        with self._lock:
            if told in self._told:
                return False
            if len(self._told) >= MAX_TOLD:
                self._told.clear()
            self._told.add(told)
        return True


def _by(rule: Rule) -> str:
    """Who says it; one that is only tried has no name."""
    return f"rule {rule.name[:60]!r}: " if rule.name else ""


NONE = Rules()
