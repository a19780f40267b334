"""Which convention claims a message, asking only those that may. Pure.

What a topic's shape decides is asked once a topic; what a payload decides, of each message. Nothing
here depends on what was remembered.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from bridge.decode.items import Item
from bridge.decode.plain import MAX_TOPICS
from bridge.decode.state import State
from bridge.message import Message


class Convention(Protocol):
    """One whose claim depends on the payload has also `reach(topic)`: the most it claims of the
    topic, whatever the payload. Without it `matches` looks at the topic alone."""

    @property
    def NAME(self) -> str: ...  # noqa: N802  (a constant of a module)

    @property
    def FILTERS(self) -> tuple[str, ...]: ...  # noqa: N802

    def matches(self, topic: str, payload: bytes) -> int: ...

    def decode(self, message: Message, state: State) -> list[Item]: ...


class Claim(NamedTuple):
    """How sure a convention is, or may be."""

    confidence: int
    place: int  # among the conventions: of two that are equally sure the first decodes
    convention: Convention


class Claimants(NamedTuple):
    """Of one topic."""

    by_topic: Claim  # the best of those that the topic alone decides
    perhaps: tuple[Claim, ...]  # those that a payload may make surer, the surest first


class Claims:
    """Asks the conventions of one decoder."""

    def __init__(self, conventions: tuple[Convention, ...]) -> None:
        self._conventions = conventions
        self._claimants: dict[str, Claimants] = {}

    def best(self, topic: str, payload: bytes) -> Claim:
        """The most confident; the last convention, with 0, where none claims the message."""
        claimants = self._claimants.get(topic)
        if claimants is None:
            if len(self._claimants) >= MAX_TOPICS:
                self._claimants.clear()
            claimants = self._claimants[topic] = self._of(topic)
        best, perhaps = claimants
        for reach, place, convention in perhaps:
            if reach < best.confidence:
                break
            confidence = convention.matches(topic, payload)
            if confidence > best.confidence or (
                confidence == best.confidence and place < best.place
            ):
                best = Claim(confidence, place, convention)
        return best

    def _of(self, topic: str) -> Claimants:
        best = Claim(0, -1, self._conventions[-1])
        perhaps: list[Claim] = []
        for place, convention in enumerate(self._conventions):
            reach = getattr(convention, "reach", None)
            if reach is not None:
                perhaps.append(Claim(reach(topic), place, convention))
            elif (confidence := convention.matches(topic, b"")) > best.confidence:
                best = Claim(confidence, place, convention)
        surest = sorted(perhaps, key=lambda claim: (-claim.confidence, claim.place))
        return Claimants(best, tuple(claim for claim in surest if claim.confidence))
