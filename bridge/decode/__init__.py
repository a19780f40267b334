"""Which convention explains a message, and what it says. Pure: no I/O, no clock, no Django.

A convention is a module with `matches(topic, payload) -> confidence` and
`decode(message, context) -> items`; the most confident one decodes. To add one, add its module to
`CONVENTIONS`.
"""

from __future__ import annotations

from typing import Protocol

from bridge.decode.conventions import pulseboard
from bridge.decode.items import Item, Problem, Reason, Rejected
from bridge.decode.plain import MAX_TOPICS
from bridge.decode.state import CERTAIN, Context
from bridge.message import Message


class Convention(Protocol):
    def matches(self, topic: str, payload: bytes) -> int: ...

    def decode(self, message: Message, context: Context) -> list[Item]: ...


CONVENTIONS: tuple[Convention, ...] = (pulseboard,)


class Decoder:
    """Decodes messages one after another, remembering which topic speaks which convention.

    `plain` is the short way, for whoever can use it: see `bridge.decode.plain.PlainReader.read`.
    """

    def __init__(self, conventions: tuple[Convention, ...] = CONVENTIONS) -> None:
        self._conventions = conventions
        self._context = Context()
        self._certain: dict[bytes, Convention] = {}
        self.plain = self._context.plain.read

    def decode(self, message: Message) -> list[Item]:
        """What the message says; bad data is an item too."""
        convention = self._certain.get(message.topic)
        if convention is None:
            convention = self._choose(message)
            if convention is None:
                topic = self._context.topic(message.topic)
                problem = Problem(Reason.UNKNOWN_TOPIC, f"no convention knows {topic[:120]!a}")
                return [Rejected("", problem)]
        return convention.decode(message, self._context)

    def _choose(self, message: Message) -> Convention | None:
        topic = self._context.topic(message.topic)
        confidence, best = 0, None
        for convention in self._conventions:
            claim = convention.matches(topic, message.payload)
            if claim > confidence:
                confidence, best = claim, convention
        if best is not None and confidence >= CERTAIN:
            if len(self._certain) >= MAX_TOPICS:
                self._certain.clear()
            self._certain[message.topic] = best
        return best
